"""The whole lab, for its admins: each course with what is wrong in its file, and everybody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.courses.access import Person, enrolled_role
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role, most_rights
from crepre_hub.courses.term import Term, term_of
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.settings.lines import line_of
from crepre_hub.settings.live import LiveCourses
from crepre_hub.settings.problems import Problem
from crepre_hub.store.directory import Directory, Found, Listed, Wanted


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    Something that is wrong in a course file.

    Attributes:
        line: From 1 on; None where it is not known.
    """

    problem: Problem
    line: int | None


@dataclass(frozen=True, slots=True)
class CourseRow:
    """
    A course that counts.

    Attributes:
        members: How many there are of each role; none of a role that nobody has.
        running: Servers that run for it, or start or stop.
        mistakes: In its file as it is, whose last good version counts.
    """

    course: Course
    term: Term
    members: Mapping[Role, int]
    running: int
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Courses:
    """
    All courses.

    Attributes:
        others: Mistakes in files that belong to none of *rows*.
    """

    rows: tuple[CourseRow, ...]
    others: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with an account, and what they are in which course."""

    entry: Listed
    roles: Mapping[str, Role]


class LabDesk:
    """Answers what admins see of the lab; each method may raise ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk, courses: LiveCourses, directory: Directory) -> None:
        self._people = people
        self._courses = courses
        self._directory = directory

    def courses(self, running: Iterable[frozenset[str]]) -> Courses:
        """Every course, in the order of the files; *running* as in ``standing.Member``."""
        shelf = self._courses.shelf()
        mistakes: dict[str, list[Mistake]] = defaultdict(list)
        for problem in shelf.problems:
            mistakes[Path(problem.file).stem].append(self._mistake(problem))
        servers = Counter(course for each in running for course in each)
        courses = tuple(self._people.courses().values())
        members = self._members(courses)
        rows = tuple(
            CourseRow(
                course,
                term_of(course, today=self._people.today),
                members[course.id],
                servers[course.id],
                tuple(mistakes.pop(course.id, ())),
            )
            for course in courses
        )
        return Courses(rows, tuple(each for rest in mistakes.values() for each in rest))

    def people(self, wanted: Wanted, running: Iterable[str]) -> tuple[Found, tuple[PersonRow, ...]]:
        """One page of everybody; *running* are the names of those who have a server."""
        found = self._directory.look(wanted, running=frozenset(running))
        keys = {entry.name: _keys(entry) for entry in found.entries}
        everyone = frozenset(key for each in keys.values() for key in each)
        enrolments = self._people.enrolments_of(everyone)
        courses = tuple(self._people.courses().values())
        rows = (_row(entry, keys[entry.name], enrolments, courses) for entry in found.entries)
        return found, tuple(rows)

    def _members(self, courses: Iterable[Course]) -> Mapping[str, Counter[Role]]:
        """How many people have which role; as ``enrolled_role`` says it, key by key."""
        stored: dict[str, dict[Key, Role]] = defaultdict(dict)
        for course, key, role in self._people.roles():
            stored[course][key] = most_rights((stored[course].get(key, role), role)) or role
        return {each.id: Counter({**stored[each.id], **each.listed}.values()) for each in courses}

    def _mistake(self, problem: Problem) -> Mistake:
        return Mistake(
            problem, line_of(self._courses.text_of(problem.file), problem.path, problem.text)
        )


def _keys(entry: Listed) -> frozenset[Key]:
    return entry.known.keys if entry.known else frozenset({Key(KeyKind.NAME, entry.name)})


def _row(
    entry: Listed,
    keys: frozenset[Key],
    enrolments: Iterable[Enrolment],
    courses: Iterable[Course],
) -> PersonRow:
    mine = tuple(each for each in enrolments if each.key in keys)
    person = Person(entry.name, entry.is_admin, keys, mine)
    roles = {
        course.id: role for course in courses if (role := enrolled_role(course, person)) is not None
    }
    return PersonRow(entry, roles)
