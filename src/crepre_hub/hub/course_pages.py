"""What the course pages may use; nothing else of ours reaches their templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crepre_hub.courses.roles import Role
from crepre_hub.desk.course_page import MemberRow
from crepre_hub.hub.member_forms import Filter, Removal


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
        may_remove: Whether the reader may end this person's place in the course.
        last_seen: None where the reader may not know it, or nobody has.
    """

    row: MemberRow
    state: str
    last_seen: datetime | None
    server_url: str
    may_remove: bool


@dataclass(frozen=True, slots=True)
class CoursePage:
    """For ``course.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    told_by: str = field(metadata={"help": "What lists hold: name, email or id."})
    members: tuple[Seen, ...] = field(
        metadata={"help": "Those who are shown: staff first, then by section and name."}
    )
    count: int = field(metadata={"help": "How many members there are, shown or not."})
    running: int = field(metadata={"help": "How many servers run for this course."})
    sections: tuple[str, ...] = field(metadata={"help": "Those that people are in."})
    filter: Filter = field(metadata={"help": "Whom the reader wants to see."})
    given: tuple[Role, ...] = field(metadata={"help": "Roles to give, fewest rights first."})
    removal: Removal | None = field(metadata={"help": "Whom to ask about before it is done."})
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
