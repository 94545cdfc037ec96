"""What an admin typed about a course's being open, over the dates of its file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Switch:
    """
    A course is open, or closed, from a moment on, whatever the dates of its file say.

    It counts as long as these dates are those that it was typed over: whoever edits them in the
    file afterwards has the last word.

    Attributes:
        by: Who typed it; may be empty.
        reason: For whoever cannot start a server; may be empty.
        opens: The file's date when it was typed.
        closes: Likewise.
    """

    course: str
    is_open: bool
    at: datetime
    by: str = ""
    reason: str = ""
    opens: date | None = None
    closes: date | None = None

    def counts(self, *, opens: date | None, closes: date | None) -> bool:
        """Whether it counts over a file with these dates."""
        return (self.opens, self.closes) == (opens, closes)
