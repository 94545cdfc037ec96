"""What is looked up again and again in a book, worked out once and carried along."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from crepre_hub.gpu.claims import Claim, Kind, Lease
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.reservations import Reservation


class Hold(NamedTuple):
    """
    Memory of a GPU that a lease or an offer holds.

    Attributes:
        id: Of the lease, or of the claim with the offer.
        memory: Bytes.
        ends: At the latest, if its server stops in time.
        on_top: Until this moment it fills a place of a reservation, which counts instead of it.
    """

    id: str
    memory: int
    ends: datetime
    on_top: datetime | None


class Kept(NamedTuple):
    """Memory of a GPU that a reservation keeps from *start* up to *end*, filled or not."""

    start: datetime
    end: datetime
    memory: int
    reservation: str


@dataclass(slots=True)
class Index:
    """
    Tables of one book; nobody but a draft changes one, and only its own copy.

    Attributes:
        holds: By GPU.
        held: Bytes by GPU: the sum of its holds.
        kept: By GPU, earliest first.
        lessons: Reservations by course, earliest first.
        lines: Ids of claims that wait without an offer, by kind, first come first.
        people: The claim of each person who has one.
        servers: The lease of each (person, server) that holds one.
        short: Reservations with a place that is on no GPU.
        lent: GPUs in service; a card that is lent in slices is not among them.
    """

    holds: dict[str, tuple[Hold, ...]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    kept: dict[str, tuple[Kept, ...]] = field(default_factory=dict)
    lessons: dict[str, tuple[tuple[datetime, str], ...]] = field(default_factory=dict)
    lines: dict[Kind, tuple[tuple[datetime, str], ...]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    servers: dict[tuple[str, str], str] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)
    lent: tuple[Gpu, ...] = ()

    def copy(self) -> Index:
        """One that may be changed."""
        return Index(
            self.holds.copy(),
            self.held.copy(),
            self.kept.copy(),
            self.lessons.copy(),
            self.lines.copy(),
            self.people.copy(),
            self.servers.copy(),
            self.short.copy(),
            self.lent,
        )

    def lend(self, gpus: Mapping[str, Gpu]) -> None:
        """Write down which of *gpus* are lent."""
        cut = {gpu.parent for gpu in gpus.values() if gpu.parent}
        lent = (gpu for gpu in gpus.values() if gpu.is_lent and gpu.uuid not in cut)
        self.lent = tuple(sorted(lent, key=lambda gpu: gpu.uuid))

    def with_room(self) -> list[Gpu]:
        """Those of which some memory is held by nobody."""
        held = self.held
        return [gpu for gpu in self.lent if held.get(gpu.uuid, 0) < gpu.memory]

    def hold(self, gpu: str, hold: Hold) -> None:
        """Write down that *hold* is on *gpu*."""
        self.holds[gpu] = (*self.holds.get(gpu, ()), hold)
        self.held[gpu] = self.held.get(gpu, 0) + hold.memory

    def let_go(self, gpu: str, name: str) -> None:
        """Forget the hold of lease or claim *name* on *gpu*."""
        mine = self.holds[gpu]
        self.holds[gpu] = tuple(hold for hold in mine if hold.id != name)
        self.held[gpu] = sum(hold.memory for hold in self.holds[gpu])

    def keep(self, reservation: Reservation) -> None:
        """Write down what *reservation* keeps on which GPU."""
        start, end = reservation.interval.start, reservation.interval.end
        for place in reservation.places:
            if place.gpu and not place.released:
                kept = Kept(start, end, place.memory, reservation.id)
                self.kept[place.gpu] = tuple(sorted((*self.kept.get(place.gpu, ()), kept)))
            elif not place.released:
                self.short.add(reservation.id)
        lessons = [*self.lessons.get(reservation.course, ())]
        insort(lessons, (start, reservation.id))
        self.lessons[reservation.course] = tuple(lessons)

    def keep_no_more(self, reservation: Reservation) -> None:
        """Forget what *reservation*, as it was written down, keeps."""
        self.short.discard(reservation.id)
        for gpu in {place.gpu for place in reservation.places if place.gpu}:
            mine = self.kept.get(gpu, ())
            self.kept[gpu] = tuple(each for each in mine if each.reservation != reservation.id)
        lessons = self.lessons.get(reservation.course, ())
        self.lessons[reservation.course] = tuple(
            each for each in lessons if each[1] != reservation.id
        )

    def begun(self, now: datetime) -> Iterator[str]:
        """Ids of the reservations that have begun and are not forgotten yet."""
        for lessons in self.lessons.values():
            for start, name in lessons:
                if start > now:
                    break
                yield name

    def line_up(self, claim: Claim) -> None:
        """Write down that *claim* waits."""
        line = self.lines.get(claim.kind, ())
        mine = (claim.since, claim.id)
        if not line or line[-1] < mine:
            self.lines[claim.kind] = (*line, mine)
        else:
            self.lines[claim.kind] = tuple(sorted((*line, mine)))

    def leave_line(self, claim: Claim) -> None:
        """Forget that *claim* waits."""
        kind = claim.kind
        line = self.lines[kind]
        left = line[1:] if line[0][1] == claim.id else tuple(x for x in line if x[1] != claim.id)
        if left:
            self.lines[kind] = left
        else:
            del self.lines[kind]


def hold_of(held: Claim | Lease, reservations: Mapping[str, Reservation]) -> tuple[str, Hold]:
    """The GPU on which a lease, or a claim with an offer, holds memory, and what it holds."""
    if isinstance(held, Lease):
        gpu, memory, ends, reserved = held.gpu, held.memory, held.ends, held.reservation
    else:
        assert held.offer is not None
        offer = held.offer
        gpu, memory, ends, reserved = offer.gpu, offer.memory, offer.latest, offer.reservation
    kept = reservations.get(reserved)
    return gpu, Hold(held.id, memory, ends, kept.interval.end if kept else None)


def indexed(
    gpus: Mapping[str, Gpu],
    leases: Iterable[Lease],
    claims: Iterable[Claim],
    reservations: Mapping[str, Reservation],
) -> Index:
    """The index of a book that was just read."""
    index = Index()
    index.lend(gpus)
    for reservation in reservations.values():
        index.keep(reservation)
    for lease in leases:
        index.hold(*hold_of(lease, reservations))
        index.servers[lease.person, lease.server] = lease.id
    for claim in claims:
        index.people[claim.person] = claim.id
        if claim.offer is None:
            index.line_up(claim)
        else:
            index.hold(*hold_of(claim, reservations))
    return index
