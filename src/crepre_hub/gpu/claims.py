"""Claims and the leases they become; tuples, since every decision makes several anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.rules import HOUR, MINUTE


class Kind(NamedTuple):
    """What two claims have in common if either could be served with the other's share."""

    course: str
    wish: Wish
    length: timedelta
    least: timedelta
    first: bool = False


class Offer(NamedTuple):
    """
    A share kept for a claim until *until*; at that moment it is over.

    Attributes:
        gpu: UUID.
        memory: Bytes held on it.
        latest: The lease would end at this moment at the latest.
        reservation: Id of the reservation whose place it is; empty for none.
        charged: Share-seconds that the course was charged.
    """

    gpu: str
    memory: int
    since: datetime
    until: datetime
    latest: datetime
    reservation: str = ""
    charged: float = 0.0


class Claim(NamedTuple):
    """
    A person's wish for a GPU share, waiting or offered one.

    Attributes:
        id: Unique for ever; the lease that it becomes has the same.
        server: Name of the person's server that the share is for; empty for the default one.
        length: How long the lease is to be.
        least: A share that is free for less time than this is of no use.
        since: When its place in the line counts from.
        asked: When the person asked; differs from *since* after a missed offer.
        missed: How many offers have lapsed.
        first: An admin has put it before all others.
    """

    id: str
    person: str
    course: str
    profile: str
    wish: Wish
    since: datetime
    asked: datetime
    server: str = ""
    length: timedelta = 2 * HOUR
    least: timedelta = 20 * MINUTE
    missed: int = 0
    first: bool = False
    offer: Offer | None = None

    @property
    def kind(self) -> Kind:
        """What decides where it may be served."""
        return Kind(self.course, self.wish, self.length, self.least, self.first)


class Source(StrEnum):
    """How a lease came about."""

    CLAIM = "claim"
    LESSON = "lesson"
    ADMIN = "admin"
    FOUND = "found"
    """A running server held the share and the book did not know."""


class Why(StrEnum):
    """Why a claim or a lease ended; a label for logs, usage and metrics."""

    GIVEN_BACK = "given-back"
    TIME_IS_UP = "time-is-up"
    IDLE = "idle"
    ADMIN = "admin"
    WATCHDOG = "watchdog"
    GPU_LOST = "gpu-lost"
    SERVER_GONE = "server-gone"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Lease(NamedTuple):
    """
    A share of a GPU that a server holds. At *ends* it is over.

    Once it is over the share stays held until the server is known to be gone.

    Attributes:
        id: That of the claim.
        gpu: UUID.
        memory: Bytes held on it.
        waited: From asking to the grant.
        reservation: Id of the reservation whose place it holds; empty for none.
        charged: Share-seconds that the course was charged so far.
        told: The shortest notice before *ends* that was given; None for none.
        idle_told: When its holder was last told that it is idle.
        ending: Why its server is being stopped; None while it may go on.
        lesson_from: Since when it holds a lesson's place; None if it never did.
        lesson_until: When that lesson ends; what comes after is the person's own time.
    """

    id: str
    person: str
    server: str
    course: str
    profile: str
    wish: Wish
    length: timedelta
    gpu: str
    memory: int
    start: datetime
    ends: datetime
    source: Source
    waited: timedelta = timedelta(0)
    reservation: str = ""
    charged: float = 0.0
    told: timedelta | None = None
    idle_told: datetime | None = None
    ending: Why | None = None
    lesson_from: datetime | None = None
    lesson_until: datetime | None = None

    def in_lesson(self, begin: datetime, end: datetime) -> timedelta:
        """How much of the time from *begin* to *end* was its lesson's."""
        if self.lesson_from is None or self.lesson_until is None:
            return end - begin if self.reservation else timedelta(0)  # from before it was told
        return max(min(end, self.lesson_until) - max(begin, self.lesson_from), timedelta(0))
