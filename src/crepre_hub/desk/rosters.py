"""What teachers and admins do with rosters: synchronise, add, remove."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange, Wanted, left, plan_roster
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.desk.rewrite import rewrite
from crepre_hub.errors import CourseError, NotAllowed
from crepre_hub.sentences import say
from crepre_hub.store.rosters import Roster, RosterStore

EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that can be shown, and applied while the roster is as it was."""

    roster: Roster
    change: RosterChange


class RosterDesk:
    """Changes who is in a course; methods may raise ``CourseError`` and ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk, store: RosterStore, clock: Clock = utc_now) -> None:
        self._people = people
        self._store = store
        self._clock = clock

    def course(self, course_id: str) -> Course:
        """The course of that id."""
        courses = self._people.courses()
        if course_id not in courses:
            known = ", ".join(courses) or "none"
            raise CourseError(f"There is no course {course_id[:60]!r} (courses: {known}).")
        return courses[course_id]

    def enrolments(self, course: Course) -> tuple[Enrolment, ...]:
        """Those that count now; the course file's come first."""
        now = self._clock()
        stored = self._store.roster(course.id).enrolments
        return (*of_file(course, now), *(each for each in stored if each.counts(now=now)))

    def sections(self, course: Course) -> tuple[str, ...]:
        """The names of the sections that people are in, in their order."""
        return tuple(sorted({each.section for each in self.enrolments(course)} - {""}))

    def plan_sync(self, course: Course, people: Iterable[Wanted]) -> Plan:
        """What would make the roster equal to *people*; touches nothing."""
        roster = self._store.roster(course.id)
        now = self._clock()
        change = plan_roster(
            course.id,
            now=roster.enrolments,
            wanted=people,
            origin=Origin.ROSTER,
            moment=now,
            keep_home_until=now + course.keep_homes,
        )
        return Plan(roster, change)

    def apply(self, plan: Plan) -> None:
        """
        Write what was planned, all of it or nothing.

        Raises:
            Busy: If somebody else has changed the roster since.
        """
        if plan.change.writes:
            self._store.write(plan.roster, plan.change.writes)

    def add(self, course: Course, key: Key, **wish: Any) -> Enrolment:
        """Enrol one person by hand; see ``add_all``."""
        return self.add_all(course, [key], **wish)[0]

    def add_all(
        self,
        course: Course,
        keys: Collection[Key],
        *,
        role: Role,
        given: frozenset[Role] = EVERY_ROLE,
        section: str = "",
        stay: timedelta | None = None,
        by: str = "",
    ) -> tuple[Enrolment, ...]:
        """
        Enrol people by hand, all or none; whoever was by hand already gets this role and section.

        Args:
            given: The roles that whoever does it may give and take.
            stay: For how long; None for as long as nobody ends it.

        Raises:
            NotAllowed: If the role, or one that it would take the place of, is not among *given*.
        """
        now = self._clock()
        until = now + stay if stay is not None else None
        guests = tuple(
            Enrolment(
                course.id, key, role, Origin.HAND, since=now, section=section, until=until, by=by
            )
            for key in dict.fromkeys(keys)
        )

        def plan(enrolments: tuple[Enrolment, ...]) -> RosterChange:
            mine = (each for each in enrolments if each.origin is Origin.HAND and each.key in keys)
            _ensure_given((*guests, *(each for each in mine if each.counts(now=now))), given)
            return RosterChange(course.id, Origin.HAND, guests)

        rewrite(self._store, course.id, plan)
        return guests

    def remove(self, course: Course, key: Key, *, dry_run: bool = False) -> tuple[Enrolment, ...]:
        """End every enrolment of *key*; see ``remove_person``."""
        return self.remove_person(course, [key], dry_run=dry_run)

    def remove_person(
        self,
        course: Course,
        keys: Collection[Key],
        *,
        given: frozenset[Role] = EVERY_ROLE,
        dry_run: bool = False,
    ) -> tuple[Enrolment, ...]:
        """
        End every enrolment of the person who has *keys*, but the course file's.

        Args:
            given: The roles that whoever does it may give and take.
            dry_run: Only say which ones it would be.

        Returns:
            Those that were ended.

        Raises:
            CourseError: If there is none, or the course file names the person.
            NotAllowed: If one of them is of a role that is not among *given*.
        """
        listed = [key for key in keys if key in course.listed]
        if listed:
            raise CourseError(
                say("%(who)s is in the course file.", who=listed[0]),
                remedy=say("Take the name out of %(course)s's file.", course=course.id),
            )
        moment = self._clock()

        def plan(enrolments: tuple[Enrolment, ...]) -> RosterChange:
            here = [each for each in enrolments if each.key in keys and each.counts(now=moment)]
            _ensure_given(here, given)
            ended = (
                left(each, moment=moment, keep_home_until=moment + course.keep_homes)
                for each in here
            )
            return replace(RosterChange(course.id, Origin.HAND), leave=tuple(ended))

        if dry_run:
            ended = plan(self._store.roster(course.id).enrolments).leave
        else:
            ended = rewrite(self._store, course.id, plan).leave
        if not ended:
            who = ", ".join(map(str, keys))
            raise CourseError(say("%(who)s is not in %(course)s.", who=who, course=course.id))
        return ended


def _ensure_given(enrolments: Iterable[Enrolment], given: frozenset[Role]) -> None:
    """Raise ``NotAllowed`` for a role that is not among *given*."""
    for each in enrolments:
        if each.role not in given:
            text = say(
                "Only an admin of the lab can make %(who)s a %(role)s, or end that.",
                who=each.key,
                role=each.role.word,
            )
            raise NotAllowed(text)


def of_file(course: Course, now: datetime) -> tuple[Enrolment, ...]:
    """The people whom the course file names, as enrolments."""
    listed = sorted(course.listed.items())
    return tuple(Enrolment(course.id, key, role, Origin.FILE, since=now) for key, role in listed)
