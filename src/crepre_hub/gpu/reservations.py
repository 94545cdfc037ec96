"""Shares kept for a course during an interval, once or every week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from crepre_hub.gpu.gpus import Wish

FROM_FILE = "file:"
"""Begins the series of reservations that are in a course's file, and are changed there."""

CANCELLED = "cancelled:"
"""Begins the id of what is left of one of those that was cancelled."""


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
        cancelled: The id that it had before it was cancelled; since then it keeps nothing, and is
            there so that the course's file does not bring it back.
    """

    id: str
    series: str
    course: str
    interval: Interval
    wish: Wish
    places: tuple[Place, ...]
    profile: str = ""
    by: str = ""
    cancelled: str = ""

    @property
    def is_from_file(self) -> bool:
        """Whether it is asked for in the course's file, which would bring it back."""
        return self.series.startswith(FROM_FILE)

    def as_cancelled(self) -> Reservation:
        """What is left of it: how much it kept, and none of it kept."""
        nothing = Place("", 0, released=True)
        places = (nothing,) * len(self.places)
        return replace(self, id=f"{CANCELLED}{self.id}", places=places, cancelled=self.id)


def is_skipped(wall: datetime) -> bool:
    """Whether no clock shows *wall*, since clocks are put forward over it."""
    return wall.astimezone(UTC).astimezone(wall.tzinfo) != wall


def is_twice(wall: datetime) -> bool:
    """Whether clocks show *wall* twice, since they are put back over it."""
    first, second = (wall.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first != second and not is_skipped(wall)


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
