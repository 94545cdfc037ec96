"""
What a student is told in JupyterLab, a sentence at a time.

The extension in ``share/jupyter/labextensions/crepre-seat`` asks for it and shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["info", "success", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One sentence or two; JupyterLab cuts off what comes after 140 characters.

    Attributes:
        renew: Whether a button beside it renews the time on the GPU.
        until: When the server is stopped, as ``time.time`` tells it; None if that is not near.
    """

    text: str
    kind: Kind = "info"
    renew: bool = False
    until: float | None = None


SAVE_BEFORE_SECONDS = 10.0
"""So long before the server is stopped JupyterLab saves what is open; large notebooks take some."""


def save_in(notices: Iterable[Notice], now: float) -> float | None:
    """In how many seconds JupyterLab has to save what is open; None if no end is near."""
    ends = [each.until for each in notices if each.until is not None]
    return max(0.0, min(ends) - SAVE_BEFORE_SECONDS - now) if ends else None


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

    def as_json(self, news: Sequence[Notice] = (), *, now: float = 0.0) -> dict[str, Any]:
        """What the extension gets at *now*: this server's notices, then the *news*."""
        told = [asdict(each) for each in (*self.told, *news)]
        return {"notices": told, "more": self.pending > 0, "save_in": save_in(news, now)}
