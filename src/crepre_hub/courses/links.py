"""Join links: who may become a student by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from crepre_hub.courses.access import Person, enrolled_role
from crepre_hub.courses.course import Course
from crepre_hub.courses.roles import Role
from crepre_hub.courses.term import Term, term_of
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.sentences import Sentence, say

ROLE = Role.STUDENT
"""What a link makes of people, always: it goes from hand to hand."""

_ASK = say("Ask your teacher for a new link.")

UNKNOWN = Refused(
    "link-unknown",
    say("There is no such join code."),
    say("Look whether all of it was copied, or ask your teacher for a new link."),
)
REVOKED = Refused("link-revoked", say("This join link is not used any more."), _ASK)
EXPIRED = Refused("link-expired", say("The time of this join link is over."), _ASK)
FULL = Refused(
    "link-full",
    say("All seats of this join link are taken."),
    say("Ask your teacher for another one."),
)


@dataclass(frozen=True, slots=True)
class JoinLink:
    """
    A link that makes whoever opens it a student of a course.

    Attributes:
        id: Short and public, to name it when it is revoked.
        expires_at: It works before this moment; None for as long as nobody revokes it.
        seats: How many may use it; None for no limit.
        used: How many have.
        by: Who made it; empty for the command line.
        section: The section that it puts people into; may be empty.
    """

    id: str
    course: str
    created_at: datetime
    expires_at: datetime | None = None
    seats: int | None = None
    used: int = 0
    revoked_at: datetime | None = None
    by: str = ""
    section: str = ""

    def trouble(self, *, now: datetime) -> Refused | None:
        """Why nobody can use it, if so."""
        if self.revoked_at is not None:
            return REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return EXPIRED
        if self.seats is not None and self.used >= self.seats:
            return FULL
        return None


def may_join(
    link: JoinLink | None, course: Course | None, person: Person, *, now: datetime, today: date
) -> Decision:
    """
    Whether *person* may join *course* by *link*.

    Args:
        link: As the code found it; None if it found none.
        course: The link's course; None if its file is gone.
    """
    if link is None or course is None or link.course != course.id:
        return UNKNOWN
    role = enrolled_role(course, person)
    if role is not None:
        text = say(
            "You are in %(course)s already, as %(role)s.", course=course.title, role=role.word
        )
        return Refused("already-in", text, say("Start your server."))
    if term_of(course, today=today) is Term.OVER:
        return Refused("course-closed", _closed(course), say("Ask its teacher."))
    return link.trouble(now=now) or Granted(f"join link {link.id}")


def _closed(course: Course) -> Sentence:
    if course.switch is not None or course.closes is None:
        return say("%(course)s is closed.", course=course.title)
    return say("%(course)s closed on %(day)s.", course=course.title, day=course.closes)
