"""What the page of archives may use; nothing else of ours reaches its template."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """
    One archive.

    Attributes:
        course: Title of the course, or its short name where the file is gone.
        kept_until: The home is kept until this day at least; None where no day is set.
    """

    id: int
    course: str
    made_at: datetime
    size: str
    sha256: str
    kept_until: date | None


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """For ``archive.html``."""

    user_name: str = field(metadata={"help": "Who is logged in."})
    archives: tuple[ArchiveRow, ...] = field(metadata={"help": "Theirs, the newest first."})
    today: date = field(metadata={"help": "In the lab's time zone."})
    message: str = field(default="", metadata={"help": "Why there is no download; may be empty."})
    remedy: str = field(default="", metadata={"help": "What to do about it; may be empty."})
