"""What is wrong in a list, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crepre_hub.errors import CrepreError

SHOWN = 20
"""So many lines at most; a wrong column makes one for each row."""


@dataclass(frozen=True, slots=True, order=True)
class SheetProblem:
    """
    One thing that is wrong.

    Attributes:
        line: Counted from 1, as an editor does; 0 for the file as a whole.
        text: What is wrong and what would be right.
    """

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class SheetError(CrepreError):
    """
    A list cannot be used, as a whole: nothing of it is.

    Attributes:
        problems: All of them, by line.
    """

    reason = "sheet"

    def __init__(self, problems: Sequence[SheetProblem], *, remedy: str = "") -> None:
        self.problems = tuple(sorted(problems))
        shown = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            shown.append(f"... and {len(self.problems) - SHOWN} more lines")
        super().__init__("\n".join(shown), remedy=remedy)
