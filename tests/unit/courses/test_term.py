"""When a course is open: the dates of its file, and what was typed over them. A truth table."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crepre_hub.courses.access import Person, may_use
from crepre_hub.courses.choose import choose
from crepre_hub.courses.course import Course
from crepre_hub.courses.links import JoinLink, may_join
from crepre_hub.courses.switch import Switch
from crepre_hub.courses.term import Term, term_of
from crepre_hub.decisions import Granted, Refused
from crepre_hub.profiles.profile import Profile

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
AUTUMN = (date(2026, 9, 1), date(2026, 12, 20))
LATER = (date(2026, 11, 1), date(2026, 12, 20))
SPRING = (date(2026, 1, 10), date(2026, 6, 1))
NEVER = (None, None)


def course(dates: tuple[date | None, date | None], **more: object) -> Course:
    """A course with one member of each kind."""
    people = {f"{role}s": frozenset({role}) for role in ("teacher", "assistant", "student")}
    opens, closes = dates
    profiles = {"small": Profile(title="Small")}
    return Course(
        id="music", title="Music", opens=opens, closes=closes, profiles=profiles, **people, **more
    )


def typed(*, is_open: bool, over: tuple[date | None, date | None], reason: str = "") -> Switch:
    """What an admin said while the file had the dates *over*."""
    return Switch("music", is_open, NOON, "root", reason, *over)


@pytest.mark.parametrize(
    ("dates", "said", "over", "term"),
    [
        (NEVER, None, None, Term.OPEN),
        (AUTUMN, None, None, Term.OPEN),
        (LATER, None, None, Term.BEFORE),
        (SPRING, None, None, Term.OVER),
        (AUTUMN, "close", AUTUMN, Term.OVER),
        (NEVER, "close", NEVER, Term.OVER),
        (SPRING, "open", SPRING, Term.OPEN),
        (LATER, "open", LATER, Term.OPEN),
        (LATER, "close", LATER, Term.OVER),
        # New dates in the file are the last word, whatever was typed before.
        (AUTUMN, "close", SPRING, Term.OPEN),
        (SPRING, "open", AUTUMN, Term.OVER),
        (NEVER, "close", AUTUMN, Term.OPEN),
        (LATER, "open", NEVER, Term.BEFORE),
    ],
)
def test_the_last_word_counts(
    dates: tuple[date | None, date | None],
    said: str | None,
    over: tuple[date | None, date | None] | None,
    term: Term,
) -> None:
    """What was typed counts over the dates that it was typed over, and over no others."""
    switch = typed(is_open=said == "open", over=over) if said and over else None
    assert term_of(course(dates).with_switch(switch), today=NOON.date()) is term


@pytest.mark.parametrize("dates", [AUTUMN, SPRING, LATER, NEVER])
@pytest.mark.parametrize("who", ["teacher", "assistant", "student", "stranger", "admin"])
@pytest.mark.parametrize("is_open", [True, False])
def test_closed_by_hand_is_closed_to_all_but_admins(
    dates: tuple[date | None, date | None], who: str, *, is_open: bool
) -> None:
    """Dates bind students alone; a word binds the staff as well. Opening lets no stranger in."""
    switched = course(dates).with_switch(typed(is_open=is_open, over=dates))
    answer = may_use(switched, Person(who, who == "admin"), today=NOON.date())
    is_in = who in {"teacher", "assistant", "student"}
    assert isinstance(answer, Granted) == (who == "admin" or (is_in and is_open))
    if is_in and not is_open:
        assert answer.reason == "course-closed"


def test_the_reason_is_told_to_whoever_cannot_start() -> None:
    """On the start page, and when a start is asked for in another way."""
    said = typed(is_open=False, over=AUTUMN, reason="The exam is over.")
    closed = course(AUTUMN).with_switch(said)
    for options in ({}, {"profile": "music/small"}):
        answer = choose([closed], Person("student"), options, today=NOON.date())
        assert isinstance(answer, Refused)
        assert answer.message == "The course Music is closed: The exam is over."


def test_nobody_joins_a_course_that_is_closed_by_hand() -> None:
    """A link that works still leads to a sentence; one of a course opened again works."""
    link = JoinLink("a1", "music", NOON)
    for is_open, message in ((False, "Music is closed."), (True, "")):
        switched = course(SPRING).with_switch(typed(is_open=is_open, over=SPRING))
        answer = may_join(link, switched, Person("new"), now=NOON, today=NOON.date())
        assert (answer.message if isinstance(answer, Refused) else "") == message


def test_no_file_can_say_what_is_typed() -> None:
    """A key of that name in a course file is as unknown as any other."""
    for name in ("switch", "_switch"):
        with pytest.raises(ValueError, match="Extra inputs"):
            course(AUTUMN, **{name: {"is_open": True}})
