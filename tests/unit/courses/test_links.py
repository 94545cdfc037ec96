"""Who may join by a link: a truth table with a sentence for each no."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crepre_hub.courses.access import Person
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.links import ROLE, JoinLink, may_join
from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Granted
from tests.unit.courses.test_access import course

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
HOUR = timedelta(hours=1)
MUSIC = course("music")
NEW = Person("new")


def link(**more: object) -> JoinLink:
    return JoinLink("l1", "music", NOON - HOUR, **more)  # type: ignore[arg-type]


def in_music(role: Role) -> Person:
    key = Key(KeyKind.NAME, "new")
    mine = Enrolment("music", key, role, Origin.ROSTER, since=NOON - HOUR)
    return Person("new", enrolments=(mine,))


@pytest.mark.parametrize(
    ("found", "of_course", "person", "reason"),
    [
        (link(), MUSIC, NEW, ""),
        (None, MUSIC, NEW, "link-unknown"),
        (link(), None, NEW, "link-unknown"),
        (link(), course("art"), NEW, "link-unknown"),
        (link(revoked_at=NOON), MUSIC, NEW, "link-revoked"),
        (link(expires_at=NOON), MUSIC, NEW, "link-expired"),
        (link(expires_at=NOON + HOUR), MUSIC, NEW, ""),
        (link(seats=2, used=2), MUSIC, NEW, "link-full"),
        (link(seats=2, used=1), MUSIC, NEW, ""),
        (link(), MUSIC, in_music(Role.STUDENT), "already-in"),
        (link(), MUSIC, in_music(Role.TEACHER), "already-in"),
        (link(revoked_at=NOON), MUSIC, in_music(Role.STUDENT), "already-in"),
        (link(), course("music", students=frozenset({"new"})), NEW, "already-in"),
        (link(), course("music", open=True), NEW, ""),
        (link(), course("music", open=True), in_music(Role.STUDENT), "already-in"),
        (link(), course("music", closes=TODAY.isoformat()), NEW, ""),
        (link(), course("music", closes=date(2026, 8, 31).isoformat()), NEW, "course-closed"),
        (link(), course("music", opens=date(2027, 1, 1).isoformat()), NEW, ""),
    ],
)
def test_who_may_join(
    found: JoinLink | None, of_course: object, person: Person, reason: str
) -> None:
    """The first no that applies; whoever is in already hears that, whatever became of the link."""
    answer = may_join(found, of_course, person, now=NOON, today=TODAY)  # type: ignore[arg-type]
    assert (answer.reason if not isinstance(answer, Granted) else "") == reason
    if reason:
        assert answer.message.endswith(".")  # type: ignore[union-attr]
        assert answer.remedy.endswith(".")  # type: ignore[union-attr]


def test_a_link_makes_students() -> None:
    """And nothing else: it goes from hand to hand."""
    assert ROLE is Role.STUDENT
