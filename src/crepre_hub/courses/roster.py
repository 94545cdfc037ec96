"""
What it takes to make a course's enrolments equal to a list.

A list speaks for its own origin alone: a roster that leaves out a guest whom the teacher added by
hand, or somebody whom the course file names, ends neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    One person as a list names them.

    Attributes:
        role: None where the list says nothing of roles: whoever is new is a student.
        section: None where it says nothing of sections.
    """

    key: Key
    role: Role | None = None
    section: str | None = None
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class RosterChange:
    """
    What would make the enrolments of one origin equal to a list.

    Attributes:
        join: New enrolments, and old ones that count again.
        leave: Enrolments as they are once they have ended.
        change: Each that differs, before and after.
        same: How many need no change.
    """

    course: str
    origin: Origin
    join: tuple[Enrolment, ...] = ()
    leave: tuple[Enrolment, ...] = ()
    change: tuple[tuple[Enrolment, Enrolment], ...] = ()
    same: int = 0

    @property
    def writes(self) -> tuple[Enrolment, ...]:
        """Every enrolment that is to be written."""
        return (*self.join, *self.leave, *(after for _, after in self.change))


def plan_roster(
    course: str,
    *,
    now: Iterable[Enrolment],
    wanted: Iterable[Wanted],
    origin: Origin,
    moment: datetime,
    keep_home_until: datetime,
) -> RosterChange:
    """
    What would make *now* equal to *wanted* as far as *origin* goes; touches nothing.

    Args:
        now: The course's enrolments, ended ones as well.
        wanted: At most one for each key.
        moment: When it is done.
        keep_home_until: Written down for those who leave.
    """
    mine = {each.key: each for each in now if each.origin is origin and each.course == course}
    here = {key: each for key, each in mine.items() if each.counts(now=moment)}
    people = {person.key: person for person in wanted}
    join = [_joined(course, p, origin, moment) for key, p in people.items() if key not in here]
    pairs = [(here[key], _changed(here[key], p)) for key, p in people.items() if key in here]
    change = tuple(pair for pair in pairs if pair[0] != pair[1])
    leave = tuple(
        left(each, moment=moment, keep_home_until=keep_home_until)
        for key, each in here.items()
        if key not in people
    )
    return RosterChange(course, origin, tuple(join), leave, change, len(pairs) - len(change))


def left(enrolment: Enrolment, *, moment: datetime, keep_home_until: datetime) -> Enrolment:
    """*enrolment* as it is once it has ended at *moment*."""
    return replace(enrolment, until=moment, keep_home_until=keep_home_until)


def _joined(course: str, person: Wanted, origin: Origin, moment: datetime) -> Enrolment:
    return Enrolment(
        course=course,
        key=person.key,
        role=person.role or Role.STUDENT,
        origin=origin,
        since=moment,
        section=person.section or "",
        display_name=person.display_name,
    )


def _changed(enrolment: Enrolment, person: Wanted) -> Enrolment:
    return replace(
        enrolment,
        role=person.role or enrolment.role,
        section=enrolment.section if person.section is None else person.section,
        display_name=person.display_name or enrolment.display_name,
    )
