"""The lease book, played through a term by the same people."""

from __future__ import annotations

import gc
import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.term_outcome import Outcome
from bench.term_people import MONDAY, Lesson, Visit, World, gpus
from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request, reserve
from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.events import (
    ClaimEnded,
    LeaseEnded,
    LeaseEnding,
    LeaseGranted,
    Notice,
    ShareOffered,
)
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.idle import end_idle
from crepre_hub.gpu.lending import accept, claim, give_back, renew, withdraw
from crepre_hub.gpu.passing import tick
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from tests.unit.gpu.laws import broken_laws

STOP = timedelta(seconds=5)
"""How long a server takes to stop."""

WORTH_IT = 10 * MINUTE
"""Whoever has less work left than this goes home instead of asking again."""


@dataclass
class Guest:
    """A visit while it goes on."""

    visit: Visit
    left: timedelta
    turn: int = 0
    asked: datetime | None = None
    began: datetime | None = None
    done_at: datetime | None = None


class Desk:
    """Ours: shares, leases, offers, reservations, the rule about idle GPUs."""

    def __init__(self, world: World, *, look_every: int) -> None:
        self.world = world
        self.book = Book.of(rules=Rules(), gpus=gpus(world))
        self.outcome = Outcome()
        self.guests: dict[str, Guest] = {}
        self.todo: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.number = itertools.count()
        self.look_every = look_every

    def play(self, everybody: list[Visit], lessons: list[Lesson]) -> Outcome:
        """The term: lessons are booked before it begins, and the lab looks once a minute."""
        for number, lesson in enumerate(lessons):
            self._book(number, lesson)
        for visit in everybody:
            self.at(visit.at, lambda now, visit=visit: self._come(visit, now))
        minute = everybody[0].at
        gc.collect()
        gc.freeze()  # a term's people are the play's: the desk has no such heap to look through
        while self.todo:
            now = max(self.todo[0][0], minute)
            while self.todo and self.todo[0][0] <= now:
                moment, _, what = heapq.heappop(self.todo)
                what(moment)
            if self.book.leases or self.book.claims or self.book.reservations:
                self._look(now)
            minute = now + MINUTE
        return self.outcome

    def at(self, moment: datetime, what: Callable[[datetime], None]) -> None:
        """Do it then."""
        heapq.heappush(self.todo, (moment, next(self.number), what))

    def decide(self, rule: Callable[[], Change], now: datetime) -> Change:
        """Ask the book, take the time, hear what happened."""
        start = time.perf_counter()
        change = rule()
        took = time.perf_counter() - start
        self.outcome.decisions += 1
        self.outcome.seconds += took
        self.outcome.slowest = max(self.outcome.slowest, took)
        self.book = change.book
        if self.outcome.decisions % self.look_every == 0:
            self.outcome.looked += 1
            self.outcome.broken += broken_laws(Change(_near(self.book, now), change.answer), now)
        for event in change.events:
            self._hear(event, now)
        return change

    def _look(self, now: datetime) -> None:
        self.decide(lambda: tick(self.book, now), now)
        if self.book.index.lines:
            idle = {
                lease.id: guest.done_at
                for lease in self.book.leases.values()
                if (guest := self.guests[lease.id]).done_at and guest.done_at < now
            }
            self.decide(lambda: end_idle(self.book, idle, now), now)

    def _book(self, number: int, lesson: Lesson) -> None:
        wish = Wish(6 * 1024**3)
        wanted = Request(f"l{number}", lesson.course, wish, lesson.places, (lesson.interval,))
        answer = self.decide(lambda: reserve(self.book, wanted, MONDAY), MONDAY).answer
        assert isinstance(answer, Granted), answer

    def _come(self, visit: Visit, now: datetime) -> None:
        self._ask(Guest(visit, visit.work), now)

    def _ask(self, guest: Guest, now: datetime) -> None:
        visit = guest.visit
        if self.book.claim_of(visit.person) or self.book.lease_of(visit.person):
            return  # they are here already, with a visit of before
        guest.turn += 1
        name = f"{visit.id}/{guest.turn}"
        guest.asked, guest.began, guest.done_at = now, None, None
        self.guests[name] = guest
        wanted = Claim(name, visit.person, visit.course, "gpu", visit.wish, now, now)
        answer = self.decide(lambda: claim(self.book, wanted, now), now).answer
        assert not isinstance(answer, Refused), answer
        if isinstance(answer, MustWait):
            late = now + self.world.gives_up
            leaves = min(late, visit.lesson.end) if visit.lesson else late
            self.at(leaves, lambda then: self._give_up(name, then))

    def _give_up(self, name: str, now: datetime) -> None:
        if name in self.book.claims and self.book.claims[name].offer is None:
            self.decide(lambda: withdraw(self.book, name, now), now)

    def _hear(self, event: object, now: datetime) -> None:
        match event:
            case ShareOffered(claim=offered):
                guest = self.guests[offered.id]
                if guest.visit.reply is not None:
                    self.at(now + guest.visit.reply, lambda then: self._accept(offered.id, then))
            case LeaseGranted(lease=lease):
                self._begin(lease, now)
            case Notice(lease=lease) if lease.told == 10 * MINUTE:
                self.at(now + MINUTE, lambda then: self._renew(lease.id, then))
            case LeaseEnding(lease=lease):
                self.at(now + STOP, lambda then: self._gone(lease.id, then))
            case LeaseEnded(lease=lease):
                self._ended(lease, now)
            case ClaimEnded(claim=ended):
                guest = self.guests.pop(ended.id)
                assert guest.asked is not None
                self.outcome.waited(guest.visit, guest.asked, now)
                self.outcome.gave_up.add(guest.visit.id)

    def _accept(self, name: str, now: datetime) -> None:
        if name in self.book.claims:
            self.decide(lambda: accept(self.book, name, now), now)

    def _begin(self, lease: Lease, now: datetime) -> None:
        guest = self.guests[lease.id]
        assert guest.asked is not None
        self.outcome.waited(guest.visit, guest.asked, now)
        guest.began = now
        guest.done_at = now + guest.left * self._slower(lease)
        if guest.visit.lesson:
            guest.done_at = max(now, guest.visit.lesson.end)
        leaves = guest.done_at + guest.visit.stays_on
        self.at(leaves, lambda then: self._gone(lease.id, then))

    def _slower(self, lease: Lease) -> float:
        return self.world.slower if self.book.gpus[lease.gpu].memory > lease.memory else 1.0

    def _renew(self, name: str, now: datetime) -> None:
        """Who has work left asks for more time; who has left the room does not."""
        lease, guest = self.book.leases.get(name), self.guests.get(name)
        if lease and guest and guest.done_at and guest.done_at > lease.ends:
            self.decide(lambda: renew(self.book, name, now), now)

    def _gone(self, name: str, now: datetime) -> None:
        if name in self.book.leases:
            self.decide(lambda: give_back(self.book, name, now), now)

    def _ended(self, lease: Lease, now: datetime) -> None:
        guest = self.guests.pop(lease.id)
        assert guest.began is not None
        assert guest.done_at is not None
        share = lease.memory / self.book.gpus[lease.gpu].memory
        worked = min(now, guest.done_at) - guest.began
        self.outcome.held += share * ((now - lease.start) / HOUR)
        self.outcome.at_work += share * (worked / HOUR)
        done = worked if guest.visit.lesson else worked / self._slower(lease)
        self.outcome.worked[guest.visit.id] += done / HOUR
        guest.left -= done
        if guest.left >= WORTH_IT and now < guest.done_at and lease.ending is Why.TIME_IS_UP:
            self.at(now + MINUTE, lambda then: self._ask(guest, then))


def _near(book: Book, now: datetime) -> Book:
    """The book with the reservations of the next hours alone, since the laws look at each."""
    soon = now + timedelta(hours=6)
    reservations = [x for x in book.reservations.values() if x.interval.start < soon]
    return Book.of(
        rules=book.rules,
        gpus=book.gpus.values(),
        leases=book.leases.values(),
        claims=book.claims.values(),
        reservations=reservations,
        usage=book.usage,
    )
