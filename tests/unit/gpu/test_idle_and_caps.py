"""Idle GPUs, allowances and the watchdog's ladder, as truth tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crepre_hub.decisions import Granted
from crepre_hub.gpu.allowance import Allowance, left, may_claim, spent, week_of
from crepre_hub.gpu.claims import Why
from crepre_hub.gpu.events import IdleNotice, LeaseEnding
from crepre_hub.gpu.gpus import WHOLE
from crepre_hub.gpu.idle import end_idle
from crepre_hub.gpu.rules import HOUR, MINUTE
from crepre_hub.gpu.usage import Used, used
from crepre_hub.gpu.watchdog import Breach, Patience, Step, Watch, breach_of, look, to_restart
from tests.unit.gpu.books import CARD, NINE, ask, book, keep, wanted

TEN = NINE + HOUR
USUAL = Patience()


@pytest.mark.parametrize(
    ("idle", "others", "told"),
    [
        (19, True, False),
        (20, True, True),
        (55, True, True),
        (55, False, False),
        (None, True, False),
    ],
)
def test_idleness_alone_ends_nothing(idle: int | None, others: bool, told: bool) -> None:
    """A notice needs both: a GPU that has done nothing for a while, and somebody who waits."""
    before = ask(book(CARD), wanted("ada"), *([wanted("bo")] if others else [])).book
    since = {} if idle is None else {"ada": TEN - idle * MINUTE}
    change = end_idle(before, since, TEN)
    assert bool(change.events) is told
    assert (change.book is before) is not told


def test_after_the_notice_and_its_grace_an_idle_lease_ends() -> None:
    """Ten minutes from the notice; work that begins meanwhile takes it back."""
    before = ask(book(CARD), wanted("ada"), wanted("bo")).book
    since = {"ada": NINE + 30 * MINUTE}
    told = end_idle(before, since, TEN)
    assert [type(event) for event in told.events] == [IdleNotice]
    assert end_idle(told.book, since, TEN + 9 * MINUTE).book is told.book
    ended = end_idle(told.book, since, TEN + 10 * MINUTE)
    assert [type(event) for event in ended.events] == [LeaseEnding]
    assert ended.book.leases["ada"].ending is Why.IDLE
    worked = end_idle(told.book, {}, TEN + 5 * MINUTE).book
    assert worked.leases["ada"].idle_told is None


def test_nobody_is_thrown_out_of_a_lesson_for_thinking() -> None:
    """In a place of a lesson idleness is nobody's business, and counts only from its end on."""
    lesson = keep(book(CARD), NINE, NINE + 2 * HOUR).book
    before = ask(lesson, wanted("ada"), wanted("bo")).book
    assert end_idle(before, {"ada": NINE}, TEN).book is before
    over = NINE + 2 * HOUR
    assert end_idle(before, {"ada": NINE}, over + 19 * MINUTE).book is before
    assert end_idle(before, {"ada": NINE}, over + 20 * MINUTE).events


def _used(start: datetime, hours: float, *, share: float = 1.0, lesson: bool = False) -> Used:
    end = start + hours * HOUR
    free = hours * 3600 if lesson else 0.0
    why = Why.GIVEN_BACK
    return Used("x", "ada", "ml", "gpu", "card", share, start, end, 0.0, lesson, why, free)


MONDAY = datetime(2026, 8, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("past", "lessons_count", "hours"),
    [
        ([_used(MONDAY + HOUR, 2)], False, 2),
        ([_used(MONDAY + HOUR, 2, share=0.25)], False, 0.5),
        ([_used(MONDAY - HOUR, 3)], False, 2),
        ([_used(MONDAY - 3 * HOUR, 3)], False, 0),
        ([_used(MONDAY + HOUR, 2, lesson=True)], False, 0),
        ([_used(MONDAY + HOUR, 2, lesson=True)], True, 2),
        ([_used(MONDAY, 1), _used(MONDAY + HOUR, 1)], False, 2),
    ],
)
def test_what_counts_this_week(past: list[Used], lessons_count: bool, hours: float) -> None:
    """From Monday on, in parts of a GPU, lessons aside."""
    allowance = Allowance(10 * HOUR, lessons_count=lessons_count)
    assert spent(allowance, past, [], NINE, UTC) == hours * HOUR


def test_running_leases_count_as_they_run() -> None:
    """What is held now is used now."""
    lease = ask(book(CARD), wanted("ada")).book.leases["ada"]
    assert spent(Allowance(HOUR), [], [(lease, 1.0)], TEN, UTC) == HOUR


def test_what_comes_after_a_lesson_is_ones_own_time() -> None:
    """Also of a lease that began in it, and while it runs as when it is over."""
    lesson = keep(book(CARD), NINE, TEN).book
    lease = ask(lesson, wanted("ada")).book.leases["ada"]
    assert lease.reservation
    longer = lease._replace(ends=TEN + HOUR)
    for counts, hours in ((False, 1), (True, 2)):
        allowance = Allowance(10 * HOUR, lessons_count=counts)
        assert spent(allowance, [], [(longer, 1.0)], TEN + HOUR, UTC) == hours * HOUR
        over = used(longer, 1.0, Why.GIVEN_BACK, TEN + HOUR)
        assert spent(allowance, [over], [], TEN + HOUR, UTC) == hours * HOUR


def test_a_week_begins_on_monday_in_the_lab() -> None:
    """At midnight where the lab is, also in the week in which clocks are changed."""
    oslo = ZoneInfo("Europe/Oslo")
    monday, next_monday = week_of(datetime(2026, 10, 24, 12, tzinfo=UTC), oslo)
    assert monday.astimezone(UTC) == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert next_monday.astimezone(UTC) == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("week", "counted", "in_lesson", "granted"),
    [
        (None, 99, False, True),
        (10, 0, False, True),
        (10, 9.5, False, True),
        (10, 9.9, False, False),
        (10, 12, False, False),
        (10, 12, True, True),
    ],
)
def test_who_may_ask(week: int | None, counted: float, in_lesson: bool, granted: bool) -> None:
    """Less left than a lease is of use is none; in a lesson nothing counts."""
    allowance = Allowance(None if week is None else week * HOUR)
    answer = may_claim(allowance, counted * HOUR, WHOLE, least=20 * MINUTE, in_lesson=in_lesson)
    assert isinstance(answer, Granted) is granted
    assert left(Allowance(HOUR), 2 * HOUR) == timedelta(0)


@pytest.mark.parametrize(
    ("used", "cap", "holds", "of_lab", "breach"),
    [
        (5, 6, True, True, None),
        (6, 6, True, True, None),
        (7, 6, True, True, Breach.OVER_CAP),
        (7, None, True, True, None),
        (1, 6, False, True, Breach.NOT_HELD),
        (1, None, False, False, Breach.OUTSIDE),
    ],
)
def test_breaches(
    used: int, cap: int | None, holds: bool, of_lab: bool, breach: Breach | None
) -> None:
    """Over the cap, on another's GPU, or from outside the lab."""
    assert breach_of(used=used, cap=cap, holds_gpu=holds, of_lab=of_lab) is breach


def _ladder(seen: dict[int, Breach | None], patience: Patience = USUAL) -> dict[int, Step]:
    watch, steps = Watch(), {}
    for minute, breach in seen.items():
        watch, step = look(watch, breach, NINE + minute * MINUTE, patience)
        if step is not Step.NOTHING:
            steps[minute] = step
    return steps


def test_the_ladder() -> None:
    """A notice at the second sample, then the kernel, then the server, until that has ended."""
    every_minute = dict.fromkeys(range(8), Breach.OVER_CAP)
    steps = {1: Step.NOTICE, 3: Step.RESTART_KERNEL, 5: Step.STOP_SERVER, 7: Step.STOP_SERVER}
    assert _ladder(every_minute) == steps


def test_a_watchdog_that_only_reports_ends_nothing() -> None:
    """Whoever takes too much is told, once."""
    every_minute = dict.fromkeys(range(10), Breach.OVER_CAP)
    assert _ladder(every_minute, Patience(acts=False)) == {1: Step.NOTICE}


@pytest.mark.parametrize(
    ("held", "used", "cap", "restarted"),
    [
        ({"a": 7}, 7, 6, ("a",)),
        ({"a": 2, "b": 5, "c": 1}, 8, 6, ("b",)),
        ({"a": 4, "b": 4, "c": 4}, 12, 6, ("a", "b")),
        ({"a": 1}, 9, 6, ()),
        ({}, 9, 6, ()),
        ({"a": 3}, 6, 6, ()),
    ],
)
def test_no_more_kernels_are_restarted_than_needed(
    held: dict[str, int], used: int, cap: int, restarted: tuple[str, ...]
) -> None:
    """Those that hold most come first, until the rest is within the cap; none if it never is."""
    assert to_restart(held, used=used, cap=cap) == restarted


def test_one_peak_is_no_breach() -> None:
    """A single sample over the cap has no consequence."""
    assert not _ladder({0: Breach.OVER_CAP, 1: None, 2: Breach.OVER_CAP, 3: None})


def test_taking_turns_does_not_help() -> None:
    """Whoever pauses and goes on is where they were on the ladder; after a while they are not."""
    on, off = Breach.OVER_CAP, None
    assert _ladder({0: on, 1: on, 2: off, 3: on, 4: on}) == {1: Step.NOTICE, 4: Step.RESTART_KERNEL}
    assert _ladder({0: on, 1: on, 20: on, 21: on}) == {1: Step.NOTICE, 21: Step.NOTICE}


def test_a_process_from_outside_is_reported_once_and_never_ended() -> None:
    """Somebody at the console is the admin's business."""
    assert _ladder(dict.fromkeys(range(15), Breach.OUTSIDE)) == {1: Step.REPORT}
