"""What a list changes: laws under any roster, and the cases that people ask about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crepre_hub.courses.enrolment import Enrolment, Origin, counting
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange, Wanted, plan_roster

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEEP = NOON + 90 * DAY

KEYS = st.builds(Key, st.sampled_from(KeyKind), st.sampled_from(["ada", "bo", "cy", "di"]))
MOMENTS = st.sampled_from([NOON - 2 * DAY, NOON - DAY, NOON, NOON + DAY])
ENROLMENTS = st.lists(
    st.builds(
        Enrolment,
        course=st.sampled_from(["music", "art"]),
        key=KEYS,
        role=st.sampled_from(Role),
        origin=st.sampled_from(Origin),
        since=MOMENTS,
        section=st.sampled_from(["", "A", "B"]),
        until=st.none() | MOMENTS,
    ),
    unique_by=lambda each: each.place,
)
WANTED = st.lists(
    st.builds(
        Wanted,
        KEYS,
        st.none() | st.sampled_from(Role),
        st.none() | st.sampled_from(["", "A", "B"]),
    ),
    unique_by=lambda each: each.key,
)


def plan(
    now: list[Enrolment], wanted: list[Wanted], origin: Origin = Origin.ROSTER
) -> RosterChange:
    """What a list of *origin* changes in the course ``music`` at noon."""
    return plan_roster(
        "music", now=now, wanted=wanted, origin=origin, moment=NOON, keep_home_until=KEEP
    )


def written(now: list[Enrolment], change: RosterChange) -> list[Enrolment]:
    """*now* after *change*, each written place once, as ``RosterStore.write`` has it."""
    after = {each.place: each for each in (*now, *change.writes)}
    return list(after.values())


@settings(deadline=None)
@given(ENROLMENTS, WANTED, st.sampled_from(Origin))
def test_after_a_list_its_origin_is_equal_to_it(
    now: list[Enrolment], wanted: list[Wanted], origin: Origin
) -> None:
    """Those that count of this origin are the people of the list, with what the list says."""
    after = written(now, plan(now, wanted, origin))
    mine = [e for e in after if e.origin is origin and e.course == "music"]
    here = {each.key: each for each in counting(mine, now=NOON)}
    assert here.keys() == {person.key for person in wanted}
    for person in wanted:
        assert person.role in (None, here[person.key].role)
        assert person.section in (None, here[person.key].section)


@settings(deadline=None)
@given(ENROLMENTS, WANTED, st.sampled_from(Origin))
def test_a_list_changes_nothing_of_another_origin_or_course(
    now: list[Enrolment], wanted: list[Wanted], origin: Origin
) -> None:
    """A guest added by hand, somebody of the course file, another course: as they were."""
    after = written(now, plan(now, wanted, origin))
    others = [e for e in now if e.origin is not origin or e.course != "music"]
    assert [e for e in after if e.origin is not origin or e.course != "music"] == others


@settings(deadline=None)
@given(ENROLMENTS, WANTED)
def test_a_list_that_was_applied_changes_nothing_more(
    now: list[Enrolment], wanted: list[Wanted]
) -> None:
    """The second time everybody stays as they are."""
    again = plan(written(now, plan(now, wanted)), wanted)
    assert (again.writes, again.same) == ((), len(wanted))


@settings(deadline=None)
@given(ENROLMENTS, WANTED)
def test_each_person_is_counted_once(now: list[Enrolment], wanted: list[Wanted]) -> None:
    """Join, change and same make up the list; each write is one place."""
    change = plan(now, wanted)
    assert len(change.join) + len(change.change) + change.same == len(wanted)
    places = [each.place for each in change.writes]
    assert len(places) == len(set(places))
    assert all(each.until == NOON and each.keep_home_until == KEEP for each in change.leave)


def the(key: str, origin: Origin = Origin.ROSTER, **more: object) -> Enrolment:
    """A student of music since yesterday."""
    values: dict[str, object] = {"role": Role.STUDENT, "since": NOON - DAY, **more}
    return Enrolment(course="music", key=Key(KeyKind.NAME, key), origin=origin, **values)  # type: ignore[arg-type]


def test_a_list_without_roles_keeps_those_that_people_have() -> None:
    """An export that knows no roles makes no assistant a student."""
    here = [the("ada", role=Role.ASSISTANT, section="A")]
    assert plan(here, [Wanted(here[0].key)]).writes == ()
    (_, after), *_ = plan(here, [Wanted(here[0].key, Role.STUDENT, "")]).change
    assert (after.role, after.section) == (Role.STUDENT, "")


def test_whoever_comes_back_is_in_again_from_now_on() -> None:
    """The old enrolment counts again, and the home's last day is forgotten."""
    gone = the("ada", until=NOON - DAY, keep_home_until=KEEP)
    (back,) = plan([gone], [Wanted(gone.key)]).join
    assert (back.since, back.until, back.keep_home_until) == (NOON, None, None)
    assert back.place == gone.place


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (0, None, True), (1, None, False), (-1, 1, True), (-1, 0, False), (0, 1, True),
        (0, 0, False), (-2, -1, False), (1, 2, False),
    ],
)  # fmt: skip
def test_an_enrolment_counts_from_its_first_moment_to_before_its_last(
    since: int, until: int | None, counts: bool
) -> None:
    """Half open: one that ends at noon is over at noon, one that begins then has begun."""
    end = None if until is None else NOON + until * DAY
    each = replace(the("ada"), since=NOON + since * DAY, until=end)
    assert each.counts(now=NOON) is counts
