"""A book while it is being changed. It never leaves the function that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crepre_hub.decisions import Answer, Granted
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.events import ClaimEnded, Event, LeaseEnded, LeaseEnding, ReservationOver
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.index import hold_of
from crepre_hub.gpu.reservations import Place, Reservation
from crepre_hub.gpu.usage import Usage, used

DONE = Granted("done")


@dataclass(frozen=True, slots=True)
class Change:
    """
    What a function of this package answers.

    Attributes:
        book: The next book; the one that was given where the answer is ``Refused``.
        events: In the order in which they happened.
    """

    book: Book
    answer: Answer
    events: tuple[Event, ...] = ()


class Draft:
    """Working copies of a book's parts, and what has happened so far."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.before = book
        self.now = now
        self.rules = book.rules
        self.gpus = dict(book.gpus)
        self.leases = dict(book.leases)
        self.claims = dict(book.claims)
        self.reservations: Mapping[str, Reservation] = book.reservations
        self.usage = dict(book.usage)
        self.index = book.index.copy()
        self.events: list[Event] = []

    def close(self, answer: Answer = DONE) -> Change:
        """The next book, and what led to it."""
        book = Book(
            self.rules,
            self.gpus,
            self.leases,
            self.claims,
            self.reservations,
            self.usage,
            self.before.version + 1,
            self.index,
        )
        return Change(book, answer, tuple(self.events))

    def tell(self, event: Event) -> None:
        """Write down what happened."""
        self.events.append(event)

    def put_gpu(self, gpu: Gpu) -> None:
        """A new GPU, or one that has changed."""
        self.gpus[gpu.uuid] = gpu
        self.index.lend(self.gpus)

    def drop_gpu(self, gpu: Gpu) -> None:
        """The GPU, on which nothing is, is no more."""
        del self.gpus[gpu.uuid]
        self.index.lend(self.gpus)

    def put_claim(self, claim: Claim) -> None:
        """A new claim, or one that has changed."""
        if claim.id in self.claims:
            self._forget_claim(self.claims[claim.id])
        self.claims[claim.id] = claim
        self.index.people[claim.person] = claim.id
        if claim.offer is None:
            self.index.line_up(claim)
        else:
            self.index.hold(*hold_of(claim, self.reservations))

    def drop_claim(self, claim: Claim) -> None:
        """The claim is no more."""
        self._forget_claim(claim)
        del self.claims[claim.id]
        del self.index.people[claim.person]

    def end_claim(self, claim: Claim, why: Why) -> None:
        """The claim leaves the line without a lease; what it was offered is free."""
        without = self.without_offer(claim)
        self.drop_claim(without)
        self.tell(ClaimEnded(without, why))

    def without_offer(self, claim: Claim) -> Claim:
        """The claim as it waits again, its offer undone; itself if it had none."""
        if claim.offer is None:
            return claim
        self.charge(claim.course, -claim.offer.charged, since=claim.offer.since)
        self.empty_place(claim.offer.reservation, claim.id)
        waiting = claim._replace(offer=None)
        self.put_claim(waiting)
        return waiting

    def put_lease(self, lease: Lease) -> None:
        """A new lease, or one that has changed."""
        before, hold = self.leases.get(lease.id), hold_of(lease, self.reservations)
        self.leases[lease.id] = lease
        if before is None:
            self.index.servers[lease.person, lease.server] = lease.id
        elif hold_of(before, self.reservations) == hold:
            return  # its holder was told something, say
        else:
            self.index.let_go(before.gpu, lease.id)
        self.index.hold(*hold)

    def stop(self, lease: Lease, why: Why) -> None:
        """Its server is to be stopped now; the share stays held until that is done."""
        ending = lease._replace(ending=why, ends=min(lease.ends, self.now))
        self.put_lease(ending)
        self.tell(LeaseEnding(ending, why))

    def end_lease(self, lease: Lease, why: Why) -> None:
        """The server is gone: the share is free, and what was used is written down."""
        self.index.let_go(lease.gpu, lease.id)
        del self.leases[lease.id]
        del self.index.servers[lease.person, lease.server]
        self.empty_place(lease.reservation, lease.id)
        record = used(lease, self.share(lease.gpu, lease.memory), why, self.now)
        self.charge(lease.course, record.share_seconds - lease.charged, since=lease.start)
        self.tell(LeaseEnded(lease, record))

    def share(self, gpu: str, memory: int) -> float:
        """*memory* as a part of the GPU's."""
        whole = self.gpus[gpu].memory if gpu in self.gpus else memory
        return memory / whole if whole else 1.0

    def charge(self, course: str, seconds: float, since: datetime | None = None) -> None:
        """
        Count *seconds* more for *course*.

        Args:
            course: Its id.
            seconds: Of a whole GPU; fewer than none to give back.
            since: What is given back was charged then, and counts less by now.
        """
        half_life = self.rules.half_life
        before = self.usage.get(course) or Usage(0.0, self.now)
        now = max(self.now, before.at)
        weight = 0.5 ** ((now - since) / half_life) if since else 1.0
        self.usage[course] = before.plus(seconds * weight, now, half_life)

    def put_reservation(self, reservation: Reservation) -> None:
        """A new reservation, or one whose places keep something else."""
        if reservation.id in self.reservations:
            self.index.keep_no_more(self.reservations[reservation.id])
        self._write(reservation)
        self.index.keep(reservation)

    def drop_reservation(self, reservation: Reservation) -> None:
        """It is over or cancelled: whoever holds a place of it holds it on their own account."""
        self.index.keep_no_more(reservation)
        left = dict(self.reservations)
        del left[reservation.id]
        self.reservations = left
        self.tell(ReservationOver(reservation))
        for place in reservation.places:
            held = self.leases.get(place.lease) or self.claims.get(place.lease)
            if held is not None:
                gpu, hold = hold_of(held, self.reservations)
                self.index.let_go(gpu, hold.id)
                self.index.hold(gpu, hold)

    def fill_place(self, reservation: str, number: int, holder: str) -> None:
        """Lease or claim *holder* has place *number*."""
        before = self.reservations[reservation]
        place = replace(before.places[number], lease=holder)
        self._write(replace(before, places=_with(before.places, number, place)))

    def empty_place(self, reservation: str, holder: str) -> None:
        """*holder* has left its place; the course has a while to fill it again."""
        before = self.reservations.get(reservation)
        if before is None:
            return
        for number, place in enumerate(before.places):
            if place.lease == holder:
                place = replace(place, lease="", empty_since=self.now)  # noqa: PLW2901
                self._write(replace(before, places=_with(before.places, number, place)))

    def _write(self, reservation: Reservation) -> None:
        """A term's reservations are many and seldom change: they are copied when one does."""
        self.reservations = {**self.reservations, reservation.id: reservation}

    def _forget_claim(self, claim: Claim) -> None:
        if claim.offer is None:
            self.index.leave_line(claim)
        else:
            self.index.let_go(claim.offer.gpu, claim.id)


def _with(places: tuple[Place, ...], number: int, place: Place) -> tuple[Place, ...]:
    return (*places[:number], place, *places[number + 1 :])
