"""Whose homes a course has, and which of them may be removed: truth tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.courses.course import Course
from crepre_hub.courses.endings import (
    Claims,
    Place,
    everybody,
    is_due,
    may_purge,
    may_remove,
    may_remove_folders,
    needs_home,
)
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.switch import Switch
from crepre_hub.decisions import Granted, Refused
from crepre_hub.profiles.profile import Profile

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
YEAR = timedelta(days=365)
OVER = date(2026, 12, 1)


def course(course_id: str = "music", **more: object) -> Course:
    return Course(id=course_id, title="M", profiles={"small": Profile(title="S")}, **more)


def name(text: str) -> Key:
    return Key(KeyKind.NAME, text)


def place_of(key: Key, role: Role = Role.STUDENT, **more: datetime) -> Enrolment:
    return Enrolment("music", key, role, Origin.ROSTER, since=NOW - YEAR, **more)


def test_everybody_is_in_whoever_said_so() -> None:
    """From the file, from rosters, by address; also without a login where the name is known."""
    email = Key(KeyKind.EMAIL, "ada@x.no")
    stored = [place_of(email, Role.ASSISTANT), place_of(Key(KeyKind.EMAIL, "unseen@x.no"))]
    stored += [place_of(name("bo"))]
    keys_of = {"ada": {name("ada"), email}, "guest": {name("guest")}}
    found = everybody(course(teachers=frozenset({"tea"})), stored, keys_of, now=NOW)
    assert found == {
        "ada": Place(Role.ASSISTANT),
        "bo": Place(Role.STUDENT),
        "tea": Place(Role.TEACHER),
    }


def test_a_guest_is_a_student_of_the_course() -> None:
    """Whoever ran a server of it while it was open to all; what a list says comes first."""
    gone = NOW - timedelta(days=1)
    stored = [place_of(name("bo"), until=gone, keep_home_until=NOW + YEAR)]
    guests = {"guest", "bo", "tea"}
    found = everybody(course(teachers=frozenset({"tea"})), stored, {}, guests, now=NOW)
    assert found == {
        "guest": Place(Role.STUDENT),
        "bo": Place(Role.STUDENT, NOW + YEAR),
        "tea": Place(Role.TEACHER),
    }


@pytest.mark.parametrize(
    ("until", "kept", "expected"),
    [
        (None, None, Place(Role.STUDENT)),
        (NOW + YEAR, None, Place(Role.STUDENT)),
        (NOW - timedelta(days=1), NOW + YEAR, Place(Role.STUDENT, NOW + YEAR)),
        (NOW - YEAR, NOW - timedelta(days=1), Place(Role.STUDENT, NOW - timedelta(days=1))),
        (NOW - YEAR, None, Place(Role.STUDENT, NOW - YEAR + timedelta(days=90))),
    ],
)
def test_who_has_left_is_told_with_the_day_that_was_promised(
    until: datetime | None, kept: datetime | None, expected: Place
) -> None:
    """Also long after; without a promise, the time that the course keeps homes."""
    stored = [place_of(name("ada"), until=until, keep_home_until=kept)]
    assert everybody(course(), stored, {}, now=NOW) == {"ada": expected}


def test_the_longest_promise_counts() -> None:
    """And whoever is in by one list has not left by another."""
    left = place_of(name("ada"), until=NOW - YEAR, keep_home_until=NOW + YEAR)
    other = Enrolment(
        "music", name("ada"), Role.ASSISTANT, Origin.HAND, since=NOW - YEAR,
        until=NOW - timedelta(days=2), keep_home_until=NOW,
    )  # fmt: skip
    found = everybody(course(), [left, other], {}, now=NOW)
    assert found == {"ada": Place(Role.ASSISTANT, NOW + YEAR)}
    listed = course(students=frozenset({"ada"}))
    assert everybody(listed, [left, other], {}, now=NOW) == {"ada": Place(Role.STUDENT)}


@pytest.mark.parametrize(
    ("closes", "purge_on", "kept_until", "needs"),
    [
        (None, None, None, True),
        (None, OVER, None, True),
        (OVER, None, None, True),
        (OVER, TODAY + YEAR, None, True),
        (OVER, TODAY, None, False),
        (OVER, OVER, None, False),
        (None, None, NOW + YEAR, True),
        (None, None, NOW, False),
        (OVER, OVER, NOW + YEAR, True),
    ],
)
def test_when_another_course_needs_a_home(
    closes: date | None, purge_on: date | None, kept_until: datetime | None, *, needs: bool
) -> None:
    """Until it is over and its own day has come; of whoever left it, as long as was promised."""
    other = course("art", closes=closes)
    assert needs_home(other, Place(Role.STUDENT, kept_until), purge_on, now=NOW) is needs


@pytest.mark.parametrize(
    ("closes", "by_hand", "purge_on", "reason"),
    [
        (None, None, OVER, "course-open"),
        (OVER, None, OVER, "course is over"),
        (OVER, None, TODAY, "course is over"),
        (OVER, None, TODAY + timedelta(days=1), "kept"),
        (OVER, "open", OVER, "course-open"),
        (None, "closed", OVER, "course is over"),
        (TODAY, None, OVER, "course-open"),
    ],
)
def test_when_homes_of_a_course_may_be_removed(
    closes: date | None, by_hand: str | None, purge_on: date, reason: str
) -> None:
    """Only of one that is closed, on the day that was set or later."""
    over = course(closes=closes)
    if by_hand:
        over = over.with_switch(Switch("music", by_hand == "open", NOW, closes=closes))
    answer = may_purge(over, purge_on, today=TODAY)
    assert answer.reason == reason.replace("course is", "music is")
    assert isinstance(answer, Granted) == (reason == "course is over")


CLAIMS = [
    ("running", {"is_running": True}),
    ("admin", {"is_admin": True}),
    ("needed", {"needed_by": ("art",)}),
    ("kept", {"kept_until": NOW + YEAR}),
    ("archive", {"archive": "it has no archive"}),
]


@pytest.mark.parametrize("stands", list(product([False, True], repeat=len(CLAIMS))))
@pytest.mark.parametrize("without_archive", [False, True])
def test_a_home_goes_only_if_nothing_speaks_for_it(
    stands: tuple[bool, ...], *, without_archive: bool
) -> None:
    """All 32 cases: the first claim is told, and only a missing archive can be overruled."""
    chosen = [claim for claim, here in zip(CLAIMS, stands, strict=True) if here]
    claims = Claims(**{key: value for _, more in chosen for key, value in more.items()})
    answer = may_remove(claims, now=NOW, without_archive=without_archive)
    told = [reason for reason, _ in chosen if not (without_archive and reason == "archive")]
    assert (answer.reason if isinstance(answer, Refused) else None) == (told[0] if told else None)


@given(st.dates(), st.none() | st.datetimes(timezones=st.just(UTC)), st.dates())
def test_what_is_due_stays_due_until_it_is_done(
    purge_on: date, last: datetime | None, today: date
) -> None:
    """Never before its day, and never after homes were removed on it or later."""
    due = is_due(purge_on, last, today=today)
    assert not (due and today < purge_on)
    assert due or today < purge_on or (last is not None and last.astimezone().date() >= purge_on)


@pytest.mark.parametrize(
    ("users", "keep", "reason"),
    [((), False, ""), (("bo", "ada"), False, "running"), ((), True, "kept")],
)
def test_folders_go_unless_somebody_needs_them(
    users: tuple[str, ...], keep: bool, reason: str
) -> None:
    """A server that is there has them open; and whoever asks may want them for the next term."""
    answer = may_remove_folders(users, keep=keep)
    assert (answer.reason if isinstance(answer, Refused) else "") == reason
    assert "ada, bo" in answer.message if users and isinstance(answer, Refused) else True
