"""How much of a run lies in a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crepre_hub.usage.sessions import Run, monday_of, total

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = MONDAY + 40 * HOUR


def run(start: timedelta, seen: timedelta, stop: timedelta | None = None) -> Run:
    """A run by its distances from Monday."""
    end = None if stop is None else MONDAY + stop
    return Run("ada", "", "music", "small", MONDAY + start, MONDAY + seen, end)


@pytest.mark.parametrize(
    ("one", "hours"),
    [
        (run(2 * HOUR, 5 * HOUR, 5 * HOUR), 3),
        (run(-2 * HOUR, 5 * HOUR, 5 * HOUR), 5),
        (run(-5 * HOUR, -2 * HOUR, -2 * HOUR), 0),
        (run(38 * HOUR, 40 * HOUR), 2),
        (run(38 * HOUR, 39 * HOUR), 1),
        (run(40 * HOUR, 40 * HOUR), 0),
    ],
)
def test_only_what_is_known_and_of_this_week_counts(one: Run, hours: int) -> None:
    """What ran into the week counts from Monday; what runs still, until it was last seen."""
    assert one.time_between(MONDAY, NOW) == hours * HOUR


def test_runs_add_up() -> None:
    """Two servers at a time are twice the time; none is none."""
    assert total([run(HOUR, 2 * HOUR), run(HOUR, 3 * HOUR)], MONDAY, NOW) == 3 * HOUR
    assert total([], MONDAY, NOW) == timedelta(0)


@pytest.mark.parametrize("hours", [0, 1, 40, 7 * 24 - 1])
def test_a_week_begins_on_monday_at_midnight(hours: int) -> None:
    """For every moment of it."""
    assert monday_of(MONDAY + hours * HOUR) == MONDAY
