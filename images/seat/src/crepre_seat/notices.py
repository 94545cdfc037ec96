"""
What a student is told in JupyterLab, a sentence at a time.

The extension in ``share/jupyter/labextensions/crepre-seat`` asks for it and shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["info", "success", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence or two."""

    text: str
    kind: Kind = "info"


@dataclass
class Notices:
    """
    All of this server's.

    Attributes:
        pending: How many things are under way that may end in a notice.
    """

    told: list[Notice] = field(default_factory=list)
    pending: int = 0

    def tell(self, text: str, kind: Kind = "info") -> None:
        """Add a notice; the same words are told once."""
        notice = Notice(text, kind)
        if notice not in self.told:
            self.told.append(notice)

    def as_json(self, news: Sequence[Notice] = ()) -> dict[str, Any]:
        """What the extension gets: this server's notices, then the *news*."""
        told = [asdict(each) for each in (*self.told, *news)]
        return {"notices": told, "more": self.pending > 0}
