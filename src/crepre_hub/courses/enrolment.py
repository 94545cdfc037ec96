"""Who belongs to a course, since when, until when, and who said so."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import Role


class Origin(enum.StrEnum):
    """Where an enrolment comes from; each origin changes only its own."""

    FILE = "file"
    ROSTER = "roster"
    RULE = "rule"
    LINK = "link"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """
    One person's place in one course, by one origin; (course, key, origin) is unique.

    Attributes:
        section: The person's group within the course; may be empty.
        display_name: As the list writes it; may be empty.
        since: It counts from this moment on.
        until: It counts before this moment; None for as long as nobody ends it.
        keep_home_until: After somebody left: the home stays at least until then.
        by: Who did it, for *hand* and *link*; may be empty.
    """

    course: str
    key: Key
    role: Role
    origin: Origin
    since: datetime
    section: str = ""
    display_name: str = ""
    until: datetime | None = None
    keep_home_until: datetime | None = None
    by: str = ""

    @property
    def place(self) -> tuple[str, Key, Origin]:
        """What is unique about it."""
        return self.course, self.key, self.origin

    def counts(self, *, now: datetime) -> bool:
        """An enrolment that ends at *now* counts no more; one that begins then does."""
        return self.since <= now and (self.until is None or now < self.until)


def counting(enrolments: Iterable[Enrolment], *, now: datetime) -> tuple[Enrolment, ...]:
    """Those that count at *now*, in their order."""
    return tuple(each for each in enrolments if each.counts(now=now))
