"""How a server and a hand are seen in the room: tables of what is so at a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crepre_hub.courses.choose import course_asked_for
from crepre_hub.courses.room import (
    FAILED_FOR,
    HAND_UP_FOR,
    SLOW_START,
    Failure,
    SeatState,
    Sight,
    is_up,
    seat_state,
)
from tests.hand_clock import NOON

SECOND = timedelta(seconds=1)


def failed(ago: timedelta) -> Sight:
    return Sight(failure=Failure("music", NOON - ago, "Your home is full."))


@pytest.mark.parametrize(
    ("sight", "state"),
    [
        (Sight(), SeatState.OFF),
        (Sight("running", NOON - timedelta(days=3)), SeatState.RUNNING),
        (Sight("stopping"), SeatState.STOPPING),
        (Sight("starting"), SeatState.STARTING),
        (Sight("starting", NOON - SLOW_START), SeatState.STARTING),
        (Sight("starting", NOON - SLOW_START - SECOND), SeatState.STUCK),
        (failed(SECOND), SeatState.STUCK),
        (failed(FAILED_FOR), SeatState.OFF),
    ],
)
def test_what_a_sight_means(sight: Sight, state: SeatState) -> None:
    """Slow starts and failed ones are stuck; what failed long ago is not told any more."""
    assert seat_state(sight, now=NOON) is state


def test_a_hand_comes_down_by_itself() -> None:
    """At the end of its time, and not before."""
    assert is_up(NOON - HAND_UP_FOR + SECOND, now=NOON)
    assert not is_up(NOON - HAND_UP_FOR, now=NOON)


@pytest.mark.parametrize(
    ("options", "course"),
    [
        ({"profile": "music/small"}, "music"), ({"profile": ["music/small"]}, ""),
        ({}, ""), (None, ""), ("music/small", ""), ({"profile": "x" * 999}, "x" * 100),
    ],
)  # fmt: skip
def test_whose_start_failed_is_read_from_anything(options: object, course: str) -> None:
    """What was posted may be of any kind."""
    assert course_asked_for(options) == course
