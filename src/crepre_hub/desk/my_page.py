"""What everybody sees of their own courses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crepre_hub.courses.access import Person, may_use, role_in
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Granted
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.desk.rosters import of_file
from crepre_hub.store.rosters import RosterStore


@dataclass(frozen=True, slots=True)
class MyCourse:
    """
    One of a person's courses.

    Attributes:
        opens: Students may start servers from this day on; None for at once.
        closes: The last such day; None for no end.
        is_open: Whether the person may start servers of it today.
        teachers: By the names that the lists have for them.
    """

    id: str
    title: str
    role: Role
    section: str
    opens: date | None
    closes: date | None
    is_open: bool
    teachers: tuple[str, ...]


class MyPageDesk:
    """Answers about the reader alone; each method may raise ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk, store: RosterStore) -> None:
        self._people = people
        self._store = store

    def courses(self, reader: HubUser) -> tuple[MyCourse, ...]:
        """Every course that *reader* is in, or that is open to all, in the order of the files."""
        person = self._people.person(reader.name, is_admin=False)
        mine = [each for each in self._people.courses().values() if role_in(each, person)]
        staff = self._store.staff_of([each.id for each in mine], now=self._people.now)
        return tuple(self._course(course, person, staff) for course in mine)

    def _course(self, course: Course, person: Person, staff: Iterable[Enrolment]) -> MyCourse:
        everyone = (*of_file(course, self._people.now), *staff)
        sections = (each.section for each in person.enrolments if each.course == course.id)
        return MyCourse(
            id=course.id,
            title=course.title,
            role=role_in(course, person) or Role.STUDENT,
            section=next((section for section in sections if section), ""),
            opens=course.opens,
            closes=course.closes,
            is_open=isinstance(may_use(course, person, today=self._people.today), Granted),
            teachers=_teachers(each for each in everyone if each.course == course.id),
        )


def _teachers(enrolments: Iterable[Enrolment]) -> tuple[str, ...]:
    """One name for each; the display name counts more than what a list knows them by."""
    names: dict[object, str] = {}
    for each in enrolments:
        if each.role is Role.TEACHER:
            names[each.key] = each.display_name or names.get(each.key, "") or str(each.key)
    return tuple(sorted(names.values(), key=str.casefold))
