"""How a course's people are at this moment, for whoever helps them. Pure rules."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

SLOW_START = timedelta(seconds=45)
"""A start that takes longer wants somebody's eyes: it usually takes seconds."""

FAILED_FOR = timedelta(hours=2)
"""So long a failed start is told, unless another one follows."""

HAND_UP_FOR = timedelta(hours=4)
"""A hand that nobody saw comes down by itself; the lesson is over then."""


class SeatState(enum.StrEnum):
    """What somebody's server does, those first who may need help."""

    STUCK = "stuck"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A start that did not go well.

    Attributes:
        course: The one that was asked for; empty where the wish said none.
        text: What the student read.
    """

    course: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Sight:
    """
    What the hub sees of somebody's server in a course.

    Attributes:
        doing: ``starting``, ``running``, ``stopping`` or empty.
        since: When the start began; None where there is none, or it is not known.
        failure: Of the last start, if it was for this course.
    """

    doing: str = ""
    since: datetime | None = None
    failure: Failure | None = None


def seat_state(sight: Sight, *, now: datetime) -> SeatState:
    """What *sight* means at *now*."""
    if sight.doing == SeatState.STARTING:
        is_slow = sight.since is not None and now - sight.since > SLOW_START
        return SeatState.STUCK if is_slow else SeatState.STARTING
    if sight.doing:
        return SeatState(sight.doing)
    has_failed = sight.failure is not None and now - sight.failure.at < FAILED_FOR
    return SeatState.STUCK if has_failed else SeatState.OFF


def is_up(raised: datetime, *, now: datetime) -> bool:
    """Whether a hand that was raised then is up still."""
    return now - raised < HAND_UP_FOR
