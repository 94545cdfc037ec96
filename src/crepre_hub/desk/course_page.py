"""Who is in a course, for the page of its teachers and assistants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crepre_hub.courses.access import Person, enrolled_role
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.courses.standing import Member, may_reach
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.desk.rosters import of_file


@dataclass(frozen=True, slots=True)
class MemberRow:
    """
    One member.

    Attributes:
        label: Whatever is known: the display name, else the key of the list.
        user_name: Empty for whoever has not logged in yet.
        may_reach: Whether the reader may open, start and stop this person's server.
        key: What the page sends back to name this person; the user name's, where there is one.
        origins: Where the person's place in the course comes from; none in an open course.
        is_running: Whether a server runs for this course, or starts or stops; what runs for
            another course is not told.
    """

    label: str
    user_name: str
    role: Role
    section: str
    may_reach: bool
    is_running: bool
    key: Key
    origins: frozenset[Origin]


class CoursePageDesk:
    """Answers what the staff of a course see; each method may raise ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk) -> None:
        self._people = people

    def course_or_none(self, course_id: str, reader: HubUser) -> Course | None:
        """The course, if *reader* is of its staff or an admin; nobody else learns that it is."""
        course = self._people.courses().get(course_id)
        if course is None or not (reader.is_admin or self.role(course, reader) in STAFF):
            return None
        return course

    def role(self, course: Course, reader: HubUser) -> Role | None:
        """What *reader* is in *course*."""
        return enrolled_role(course, self._people.person(reader.name, is_admin=reader.is_admin))

    def courses_of(self, reader: HubUser) -> tuple[Course, ...]:
        """The courses whose page *reader* may see."""
        person = self._people.person(reader.name, is_admin=reader.is_admin)
        return tuple(
            course
            for course in self._people.courses().values()
            if reader.is_admin or enrolled_role(course, person) in STAFF
        )

    def rows(
        self, course: Course, reader: HubUser, users: Iterable[HubUser]
    ) -> tuple[MemberRow, ...]:
        """The members of *course*: staff first, then by section and name."""
        everyone = {user.name: user for user in users}
        enrolments = self._people.enrolments()
        people = self._people.people(everyone.values(), enrolments)
        known_members = self._people.members_of(everyone.values(), people)
        members = {each.name: each for each in known_members}
        actor = Role.TEACHER if reader.is_admin else self.role(course, reader)
        mine = (each for each in enrolments if each.course == course.id)
        lists = _by_key((*of_file(course, self._people.now), *mine))
        rows = [
            _row(course, actor, reader, members[name], _of(person, lists))
            for name, person in people.items()
            if course.id in members[name].roles or members[name].running == {course.id}
        ]
        known = {key for person in people.values() for key in person.keys}
        strangers = (_of_key(key, lists[key]) for key in lists if key not in known)
        return tuple(sorted([*rows, *strangers], key=_order))


def _by_key(enrolments: Iterable[Enrolment]) -> Mapping[Key, tuple[Enrolment, ...]]:
    found: dict[Key, tuple[Enrolment, ...]] = defaultdict(tuple)
    for each in enrolments:
        found[each.key] += (each,)
    return found


def _of(person: Person, lists: Mapping[Key, tuple[Enrolment, ...]]) -> tuple[Enrolment, ...]:
    return tuple(each for key in person.keys for each in lists.get(key, ()))


def _row(
    course: Course,
    actor: Role | None,
    reader: HubUser,
    member: Member,
    enrolments: tuple[Enrolment, ...],
) -> MemberRow:
    reach = reader.is_admin or may_reach(course.id, actor, member, is_open=course.open)
    return MemberRow(
        label=_first(each.display_name for each in enrolments) or member.name,
        user_name=member.name,
        role=member.roles.get(course.id, Role.STUDENT),
        section=_first(each.section for each in enrolments),
        may_reach=reach and member.name != reader.name,
        is_running=member.running == {course.id},
        key=Key(KeyKind.NAME, member.name),
        origins=frozenset(each.origin for each in enrolments),
    )


def _of_key(key: Key, enrolments: tuple[Enrolment, ...]) -> MemberRow:
    """Somebody whom a list names and who has not logged in."""
    role = min((each.role for each in enrolments), key=list(Role).index)
    name = _first(each.display_name for each in enrolments)
    section = _first(each.section for each in enrolments)
    return MemberRow(
        label=name or str(key),
        user_name="",
        role=role,
        section=section,
        may_reach=False,
        is_running=False,
        key=key,
        origins=frozenset(each.origin for each in enrolments),
    )


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _order(row: MemberRow) -> tuple[int, str, str]:
    return list(Role).index(row.role), row.section.casefold(), row.label.casefold()
