"""Who may start what: truth tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest

from crepre_hub.courses.access import (
    Offer,
    Person,
    enrolled_role,
    may_use,
    offers_for,
    writes_data,
)
from crepre_hub.courses.choose import choose
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind, id_key
from crepre_hub.courses.roles import Role
from crepre_hub.courses.telling import told
from crepre_hub.decisions import Granted, Refused
from crepre_hub.profiles.profile import Placement, Profile

GiB = 1024**3
TODAY = date(2026, 9, 1)


def name(text: str) -> Key:
    """The key of a user name."""
    return Key(KeyKind.NAME, text)


def course(course_id: str = "music", **more: object) -> Course:
    """A course with a small and a large profile."""
    profiles = {
        "small": Profile(title="Small"),
        "large": Profile(title="Large", image="big:1", cpus=2.0, memory="4 GiB"),
    }
    return Course(id=course_id, title=course_id.title(), profiles=profiles, **more)


@pytest.mark.parametrize(
    ("listed", "is_open", "is_admin", "reason"),
    [
        ("teachers", False, False, "teacher of music"),
        ("assistants", False, False, "assistant of music"),
        ("students", False, False, "student of music"),
        ("teachers", True, True, "teacher of music"),
        ("assistants", True, False, "assistant of music"),
        (None, True, False, "student of music"),
        (None, True, True, "student of music"),
        (None, False, True, "admin of the lab"),
        (None, False, False, "not-in-course"),
    ],
)
def test_who_may_use_a_course(
    listed: str | None, is_open: bool, is_admin: bool, reason: str
) -> None:
    """The first rule that applies decides, and is named."""
    lists = {listed: frozenset({"ada"})} if listed else {}
    answer = may_use(course(open=is_open, **lists), Person("ada", is_admin), today=TODAY)
    assert answer.reason == reason
    assert isinstance(answer, Granted) == (reason != "not-in-course")


@pytest.mark.parametrize(
    ("role", "is_open", "is_admin"), list(product([*Role, None], [True, False], [True, False]))
)
def test_all_or_nothing(role: Role | None, is_open: bool, is_admin: bool) -> None:
    """Who may use a course is offered all its profiles in their order; others none."""
    lists = {f"{role}s": frozenset({"ada"})} if role else {}
    offers = offers_for([course(open=is_open, **lists)], Person("ada", is_admin), today=TODAY)
    allowed = role is not None or is_open or is_admin
    assert [offer.key for offer in offers] == (["music/small", "music/large"] if allowed else [])


def test_courses_keep_their_order() -> None:
    """The form shows courses in the order of their files."""
    courses = [course("b", open=True), course("z"), course("a", open=True)]
    keys = [offer.key for offer in offers_for(courses, Person("ada"), today=TODAY)]
    assert keys == ["b/small", "b/large", "a/small", "a/large"]


def test_a_refusal_says_what_to_do() -> None:
    """No blame, no exclamation mark, and the next step."""
    answer = may_use(course(), Person("ada"), today=TODAY)
    assert not isinstance(answer, Granted)
    assert (answer.message, answer.remedy) == (
        "You are not in the course music.",
        "Ask its teacher to add you.",
    )


def test_a_placement_is_the_profile_and_nothing_else() -> None:
    """What goes to a backend comes from the course file alone."""
    music = course()
    placement = Offer(music, "large").placement
    environment = told(music, music.profiles["large"])
    assert placement == Placement("music", "large", "big:1", 2.0, 4 * GiB, environment=environment)


@pytest.mark.parametrize(
    ("who", "is_open", "writes"),
    [
        ("teachers", False, True),
        ("assistants", False, True),
        ("students", False, False),
        ("stranger", True, False),
        ("stranger", False, False),
        ("admin", False, True),
    ],
)
def test_who_writes_a_courses_data(who: str, is_open: bool, writes: bool) -> None:
    """Its staff and admins of the lab; neither its students nor guests of an open course."""
    lists = {who: frozenset({"ada"})} if who.endswith("s") else {}
    term = course(open=is_open, **lists)
    assert writes_data(term, Person("ada", is_admin=who == "admin")) is writes


def test_staff_of_another_course_write_no_data_here() -> None:
    """A role counts in its own course."""
    mine = (
        enrolment("art", Role.TEACHER, name("ada")),
        enrolment("music", Role.STUDENT, name("ada")),
    )
    assert not writes_data(course("music"), Person("ada", enrolments=mine))
    assert writes_data(course("art"), Person("ada", enrolments=mine))


@pytest.mark.parametrize(
    ("written", "logged_in"),
    [
        ("ada", "ada"),
        (" Ada ", "ada"),
        ("ADA", "ada"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}da", "ada"),
    ],
)
def test_names_are_compared_as_the_login_knows_them(written: str, logged_in: str) -> None:
    """A capital letter in a course file locks nobody out."""
    assert course(students=frozenset({written})).listed_role({name(logged_in)}) is Role.STUDENT


def test_nobody_is_found_by_a_part_of_a_name() -> None:
    """``ada`` is not ``ada2``, nor somebody without a name."""
    found = [
        course(students=frozenset({"ada"})).listed_role({name(each)})
        for each in ("ada2", "ad", "", "*")
    ]
    assert found == [None] * 4


@pytest.mark.parametrize(
    ("opens", "closes", "today", "reason"),
    [
        (None, None, "2026-09-01", ""),
        ("2026-09-01", None, "2026-08-31", "course-not-open-yet"),
        ("2026-09-01", None, "2026-09-01", ""),
        (None, "2026-12-20", "2026-12-20", ""),
        (None, "2026-12-20", "2026-12-21", "course-closed"),
        ("2026-09-01", "2026-09-01", "2026-09-01", ""),
    ],
)
@pytest.mark.parametrize("who", ["teachers", "assistants", "students", "stranger", "admin"])
def test_dates_open_and_close_a_course_for_students(
    opens: str | None, closes: str | None, today: str, reason: str, who: str
) -> None:
    """The first and the last day count; staff and admins prepare and clear up at any time."""
    lists = {who: frozenset({"ada"})} if who.endswith("s") else {}
    term = course(open=who == "stranger", opens=opens, closes=closes, **lists)
    answer = may_use(term, Person("ada", who == "admin"), today=date.fromisoformat(today))
    is_bound = who in {"students", "stranger"}
    assert (answer.reason if isinstance(answer, Refused) else "") == (reason if is_bound else "")


def test_a_closed_course_is_told_with_its_day() -> None:
    """Not "no course", but when it closed."""
    closed = course(students=frozenset({"ada"}), closes="2026-08-01")
    answer = choose([closed, course("art")], Person("ada"), {}, today=TODAY)
    assert isinstance(answer, Refused)
    assert answer.message == "The course Music closed on 1 August 2026."


def enrolment(course_id: str, role: Role, key: Key, origin: Origin = Origin.ROSTER) -> Enrolment:
    """Somebody's place, from last year on."""
    return Enrolment(course_id, key, role, origin, since=datetime(2025, 9, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("in_file", "stored", "role"),
    [
        (None, [], None),
        (None, [Role.STUDENT], Role.STUDENT),
        (None, [Role.STUDENT, Role.ASSISTANT], Role.ASSISTANT),
        (None, [Role.TEACHER, Role.STUDENT], Role.TEACHER),
        ("students", [Role.TEACHER], Role.STUDENT),
        ("teachers", [Role.STUDENT], Role.TEACHER),
    ],
)
def test_one_person_on_several_lists(
    in_file: str | None, stored: list[Role], role: Role | None
) -> None:
    """The course file decides where it names somebody; else the most rights count."""
    lists = {in_file: frozenset({"ada"})} if in_file else {}
    places = zip(stored, Origin, strict=False)
    mine = tuple(enrolment("music", each, name("ada"), origin) for each, origin in places)
    assert enrolled_role(course(**lists), Person("ada", enrolments=mine)) is role


def test_a_person_in_two_courses_has_the_right_role_in_each() -> None:
    """A teacher here is a student there, and nothing in a third."""
    mine = (
        enrolment("music", Role.TEACHER, name("ada")),
        enrolment("art", Role.STUDENT, name("ada")),
    )
    person = Person("ada", enrolments=mine)
    found = [enrolled_role(course(each), person) for each in ("music", "art", "math")]
    assert found == [Role.TEACHER, Role.STUDENT, None]


@pytest.mark.parametrize(
    ("members_by", "listed", "keys", "role"),
    [
        ("name", "ada", set(), Role.STUDENT),
        ("email", "Ada@x.no", {Key(KeyKind.EMAIL, "ada@x.no")}, Role.STUDENT),
        ("email", "ada@x.no", set(), None),
        ("email", "ada@x.no", {Key(KeyKind.ID, "ada@x.no")}, None),
        ("id", "77", {id_key("https://i", "77")}, Role.STUDENT),
        ("id", "77", {id_key("https://evil", "77")}, None),
        ("id", "ada", set(), None),
    ],
)
def test_a_course_says_by_what_its_people_are_told(
    members_by: str, listed: str, keys: set[Key], role: Role | None
) -> None:
    """An address that no login has verified, or another provider's id, opens nothing."""
    term = course(members_by=members_by, issuer="https://i", students=frozenset({listed}))
    assert enrolled_role(term, Person("ada", other_keys=frozenset(keys))) is role
