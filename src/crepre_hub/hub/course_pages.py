"""What the course pages may use; nothing else of ours reaches their templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crepre_hub.desk.course_page import MemberRow


@dataclass(frozen=True, slots=True)
class Frame:
    """
    What stands above every page of a course's staff.

    Attributes:
        tab: Which of the pages this is; empty for the members.
        may_change: Whether the reader may change who is in the course.
    """

    course_id: str
    title: str
    tab: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """
    A member with what the hub knows of them.

    Attributes:
        state: ``running``, ``starting``, ``stopping`` or empty.
        last_seen: None where the reader may not know it, or nobody has.
    """

    row: MemberRow
    state: str
    last_seen: datetime | None
    server_url: str


@dataclass(frozen=True, slots=True)
class CoursePage:
    """For ``course.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    members: tuple[Seen, ...] = field(metadata={"help": "Staff first, then by section and name."})
    running: int = field(metadata={"help": "How many servers run for this course."})
    as_of: datetime = field(metadata={"help": "When this was true (UTC)."})
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})


@dataclass(frozen=True, slots=True)
class JoinPage:
    """For ``join.html``."""

    user_name: str = field(metadata={"help": "Who is logged in."})
    code: str = field(default="", metadata={"help": "The code, to be posted back."})
    title: str = field(default="", metadata={"help": "Title of the course that may be joined."})
    message: str = field(default="", metadata={"help": "Why not, in one sentence."})
    remedy: str = field(default="", metadata={"help": "What to do about it; may be empty."})
