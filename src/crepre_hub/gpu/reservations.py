"""Shares kept for a course during an interval, once or every week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crepre_hub.gpu.gpus import Wish


@dataclass(frozen=True, slots=True)
class Interval:
    """From *start* on, up to but not at *end*."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether *moment* is in it."""
        return self.start <= moment < self.end

    def meets(self, other: Interval) -> bool:
        """Whether both have a moment in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Place:
    """
    One share of a reservation.

    Attributes:
        gpu: UUID; empty while no GPU has room for it, after one was lost.
        memory: Bytes kept on it.
        lease: Id of the lease, or of the claim with the offer, that holds it; empty for none.
        empty_since: When the last one who held it left; None before anybody has.
        released: It is no longer kept, since nobody came.
    """

    gpu: str
    memory: int
    lease: str = ""
    empty_since: datetime | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Reservation:
    """
    Shares kept for *course* during one interval.

    Attributes:
        id: Unique for ever.
        series: The same for all that were asked for together, such as a term's lessons.
        wish: What each place is worth.
        profile: The course's profile that it was made for; empty where nobody said.
        by: Who made it; empty for the lab itself and its command line.
    """

    id: str
    series: str
    course: str
    interval: Interval
    wish: Wish
    places: tuple[Place, ...]
    profile: str = ""
    by: str = ""


def weekly(first: Interval, until: date) -> Iterator[Interval]:
    """
    *first*, and the same hours of the same weekday up to and including *until*.

    A lesson keeps its time on the wall when clocks are changed, so *first* is in the lab's own
    time zone; what comes back is in UTC.
    """
    week = timedelta(weeks=1)
    start, end = first.start, first.end
    while start.date() <= until:
        yield Interval(start.astimezone(UTC), end.astimezone(UTC))
        start, end = start + week, end + week
