"""Who may start what: truth tables."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from crepre_hub.courses.access import Offer, Person, may_use, offers_for
from crepre_hub.courses.course import Course
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Granted
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
    placement = Offer(course(), "large").placement
    assert placement == Placement("music", "large", "big:1", 2.0, 4 * GiB)


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
