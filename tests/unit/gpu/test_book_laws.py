"""The laws of the book under any run of what can happen in a lab."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request, bring_back, cancel, reserve
from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.events import LeaseEnded, LeaseGranted
from crepre_hub.gpu.gpus import WHOLE, Gpu, Tier, Wish
from crepre_hub.gpu.idle import end_idle
from crepre_hub.gpu.inventory import drain, forget, inventory
from crepre_hub.gpu.lending import accept, claim, end, give_back, put_first, renew, withdraw
from crepre_hub.gpu.passing import due_at, prolong_offers, tick
from crepre_hub.gpu.reconciling import Found, reconcile
from crepre_hub.gpu.reservations import FROM_FILE, Interval
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from crepre_hub.gpu.troubles import OFF_THE_BUS, Trouble
from crepre_hub.units import MEMORY_UNITS
from tests.unit.gpu.laws import (
    broken_laws,
    came_before,
    first_turns,
    offers_out_of_turn,
    served_in,
)

GIB = MEMORY_UNITS["GiB"]
BEGIN = datetime(2026, 9, 1, 8, tzinfo=UTC)
RUNS = int(os.environ.get("CREPRE_LAW_RUNS", "12"))
"""How many random runs; ``CREPRE_LAW_RUNS=2000`` for a night."""

FIND_ONLY = "CREPRE_LAW_RUNS" in os.environ and "CREPRE_LAW_SHRINK" not in os.environ
"""A long run stops at the first breach; ``CREPRE_LAW_SHRINK=1`` makes it look for a short one."""

GPUS = (
    Gpu("a", "A", 24 * GIB),
    Gpu("b", "B", 24 * GIB, Tier.SHARED),
    Gpu("card", "D", 80 * GIB),
    Gpu("d1", "D slice", 10 * GIB, parent="card"),
)
WISHES = st.sampled_from([WHOLE, Wish(20 * GIB, whole=True), *(Wish(n * GIB) for n in (4, 6, 12))])
PEOPLE = st.integers(0, 11).map(lambda n: f"p{n}")
COURSES = st.sampled_from(["art", "bio", "chess"])
PICK = st.integers(0, 1000)
SOME_TIME = st.sampled_from([1, 3, 7, 15, 20, 40, 90, 180]).map(lambda n: n * MINUTE)


class Lab(RuleBasedStateMachine):
    """A small lab in which everything happens, in any order."""

    book: Book
    now: datetime

    @initialize(spread=st.booleans(), patience=st.sampled_from([HOUR, 12 * HOUR]))
    def open(self, *, spread: bool, patience: timedelta) -> None:
        self.now = BEGIN
        self.number = 0
        self.used: set[str] = set()
        self.granted: set[str] = set()
        self.book = Book.of(rules=Rules(spread=spread, patience=patience), gpus=GPUS)

    def step(self, change: Change, *, disturbs: bool = False) -> Change:
        """
        Take the next book, if it breaks no law.

        Args:
            change: What a rule answered.
            disturbs: It may put off the first in line: a reservation, a GPU, time, a crash.
        """
        before = self.book
        self.book = change.book
        assert not broken_laws(change, self.now)
        assert not offers_out_of_turn(before, change, self.now)
        if isinstance(change.answer, Refused):
            assert change.book is before
            assert not change.events
        elif change.book is not before:
            assert change.book.version == before.version + 1
        if not disturbs:
            self.nobody_is_put_off(before, change)
        self.usage_is_written_once(change)
        return change

    def nobody_is_put_off(self, before: Book, change: Change) -> None:
        """Law 5: what those behind are given never moves back when the first in line fits."""
        first, was = first_turns(before, self.now)
        still, then = first_turns(self.book, self.now)
        if first is None or still is None or first.id != still.id:
            return
        if came_before(self.book, served_in(change), first, self.now):
            return
        late = any(lease.ends <= self.now for lease in self.book.leases.values())
        allowed = max(was[0].start, self.now + MINUTE) if late else was[0].start
        assert then[0].start <= allowed

    def usage_is_written_once(self, change: Change) -> None:
        """Each lease that was granted is written down when it is over, and never again."""
        for event in change.events:
            if isinstance(event, LeaseGranted):
                assert event.lease.id not in self.granted
                self.granted.add(event.lease.id)
            if isinstance(event, LeaseEnded):
                assert event.used.lease not in self.used
                assert event.used.seconds >= 0
                self.used.add(event.used.lease)
        assert self.granted - self.used == self.book.leases.keys()

    def pick(self, of: str, number: int) -> str:
        """The name of some claim or lease; of none if there is none."""
        names = sorted(getattr(self.book, of))
        return names[number % len(names)] if names else ""

    @rule(first=PICK, asked=st.lists(st.tuples(COURSES, WISHES), min_size=2, max_size=6))
    def crowd(self, *, first: int, asked: list[tuple[str, Wish]]) -> None:
        """Several people at once."""
        for number, (course, wish) in enumerate(asked, start=first):
            person = f"p{number % 12}"
            if not self.book.claim_of(person) and not self.book.lease_of(person):
                self.ask_for(person, course, wish, short=bool(number % 2))

    @rule(person=PEOPLE, course=COURSES, wish=WISHES, short=st.booleans())
    def ask(self, *, person: str, course: str, wish: Wish, short: bool) -> None:
        self.ask_for(person, course, wish, short=short)

    def ask_for(self, person: str, course: str, wish: Wish, *, short: bool) -> None:
        self.number += 1
        length = HOUR if short else 2 * HOUR
        wanted = Claim(
            f"c{self.number:03}", person, course, "gpu", wish, self.now, self.now, length=length
        )
        change = self.step(claim(self.book, wanted, self.now))
        if isinstance(change.answer, Granted):
            assert self.book.leases[wanted.id].person == person

    @precondition(lambda self: self.book.claims)
    @rule(number=PICK)
    def leave(self, number: int) -> None:
        self.step(withdraw(self.book, self.pick("claims", number), self.now))

    @precondition(lambda self: self.book.claims)
    @rule(number=PICK)
    def take(self, number: int) -> None:
        """One accepts; most often somebody who has an offer."""
        offered = [each.id for each in self.book.claims.values() if each.offer]
        name = offered[number % len(offered)] if offered else self.pick("claims", number)
        self.step(accept(self.book, name, self.now))

    @precondition(lambda self: self.book.claims)
    @rule(number=PICK)
    def prefer(self, number: int) -> None:
        name = self.pick("claims", number)
        self.step(put_first(self.book, name, self.now), disturbs=True)

    @precondition(lambda self: self.book.leases)
    @rule(number=PICK)
    def go_on(self, number: int) -> None:
        self.step(renew(self.book, self.pick("leases", number), self.now))

    @precondition(lambda self: self.book.leases)
    @rule(number=PICK)
    def stop(self, number: int) -> None:
        self.step(give_back(self.book, self.pick("leases", number), self.now))

    @precondition(lambda self: self.book.leases)
    @rule(number=PICK)
    def throw_out(self, number: int) -> None:
        self.step(end(self.book, self.pick("leases", number), self.now, Why.ADMIN))

    @rule(time=SOME_TIME, servers_stop=st.booleans())
    def wait(self, *, time: timedelta, servers_stop: bool) -> None:
        """Time passes; the servers of leases that are over stop, or hang."""
        until = self.now + time
        while (due := due_at(self.book, self.now)) is not None and due <= until:
            self.now = max(due, self.now)
            before = self.book
            self.step(tick(self.book, self.now), disturbs=True)
            assert self.book is not before or due > self.now or not _is_stuck(self.book, self.now)
            if self.book is before:
                break
            if servers_stop:
                self._stop_servers()
        self.now = until
        self.step(tick(self.book, self.now), disturbs=True)
        self.step(tick(self.book, self.now))
        if servers_stop:
            self._stop_servers()

    @rule(time=SOME_TIME)
    def sleep(self, time: timedelta) -> None:
        """Nobody is answered for a while; whoever had an offer has missed none by it."""
        offered = {each.id: each.missed for each in self.book.claims.values() if each.offer}
        self.now += time
        self.book = prolong_offers(self.book, self.now).book
        self.step(tick(self.book, self.now), disturbs=True)
        for name, missed in offered.items():
            mine = self.book.claims[name]
            assert mine.missed == missed
            window = self.book.rules.claim_window
            assert mine.offer is None or mine.offer.until == self.now + window

    def _stop_servers(self) -> None:
        for lease in [*self.book.leases.values()]:
            if lease.ending is not None:
                self.step(give_back(self.book, lease.id, self.now))

    @rule(
        course=COURSES,
        wish=WISHES,
        count=st.integers(1, 3),
        start=SOME_TIME,
        length=SOME_TIME,
        weeks=st.integers(1, 2),
    )
    def book_lesson(
        self,
        *,
        course: str,
        wish: Wish,
        count: int,
        start: timedelta,
        length: timedelta,
        weeks: int,
    ) -> None:
        self.number += 1
        first = Interval(self.now + start - MINUTE, self.now + start + length)
        step = timedelta(hours=3)
        intervals = tuple(
            Interval(first.start + n * step, first.end + n * step) for n in range(weeks)
        )
        series = f"{FROM_FILE if self.number % 2 else ''}r{self.number:03}"
        wanted = Request(series, course, wish, count, intervals)
        change = self.step(reserve(self.book, wanted, self.now), disturbs=True)
        if isinstance(change.answer, Granted):
            kept = self.book.reservations[f"{series}/0"]
            assert len(kept.places) == count

    @precondition(lambda self: self.book.reservations)
    @rule(number=PICK)
    def call_off(self, number: int) -> None:
        self.step(cancel(self.book, self.pick("reservations", number), self.now))

    @precondition(lambda self: self.book.reservations)
    @rule(number=PICK)
    def bring_back(self, number: int) -> None:
        chosen = self.book.reservations[self.pick("reservations", number)]
        self.step(bring_back(self.book, chosen.series, self.now), disturbs=True)

    @precondition(lambda self: self.book.leases)
    @rule(number=PICK, since=SOME_TIME)
    def idle(self, *, number: int, since: timedelta) -> None:
        name = self.pick("leases", number)
        self.step(end_idle(self.book, {name: self.now - since}, self.now))

    @invariant()
    def a_book_read_again_is_the_same(self) -> None:
        """What the store keeps is all there is."""
        book = self.book
        again = Book.of(
            rules=book.rules,
            gpus=book.gpus.values(),
            leases=book.leases.values(),
            claims=book.claims.values(),
            reservations=book.reservations.values(),
            usage=book.usage,
            version=book.version,
        )
        assert again == book


class TroubledLab(Lab):
    """One in which GPUs come and go, and the hub crashes."""

    @rule(number=PICK, drained=st.booleans())
    def take_out(self, *, number: int, drained: bool) -> None:
        reason = "new fan" if drained else ""
        self.step(drain(self.book, self.pick("gpus", number), reason, self.now), disturbs=True)

    @rule(number=PICK, fails=st.booleans())
    def fail(self, *, number: int, fails: bool) -> None:
        gpu = GPUS[number % len(GPUS)]
        here = [each for each in GPUS if not (fails and each.uuid == gpu.uuid)]
        troubles = [Trouble(gpu.uuid, OFF_THE_BUS, "Reboot.")] if fails else []
        self.step(inventory(self.book, here, self.now, troubles), disturbs=True)

    @precondition(lambda self: self.book.gpus)
    @rule(number=PICK)
    def strike(self, number: int) -> None:
        """The next look finds it again if it was there after all."""
        self.step(forget(self.book, self.pick("gpus", number), self.now), disturbs=True)

    @rule(missing=PICK)
    def look(self, missing: int) -> None:
        found = [gpu for number, gpu in enumerate(GPUS) if not missing >> number & 1]
        self.step(inventory(self.book, found, self.now), disturbs=True)
        again = inventory(self.book, found, self.now)
        assert again.book is self.book

    @rule(
        lost=PICK,
        gpu=st.sampled_from(GPUS),
        person=PEOPLE,
        wrong=st.booleans(),
        has_run=st.booleans(),
    )
    def crash(self, *, lost: int, gpu: Gpu, person: str, wrong: bool, has_run: bool) -> None:
        """The hub comes back: some servers are not there, and one is that nobody knows."""
        self.number += 1
        found = [
            _found(lease)
            for number, lease in enumerate(self.book.leases.values())
            if not lost >> number & 1
        ]
        stray = Found(f"c{self.number:03}", person, "", "art", "gpu", (gpu.uuid,), memory=4 * GIB)
        stray = replace(stray, has_run=has_run)
        if wrong and found:
            stray = replace(found[0], gpus=("a", "b"))
        change = self.step(reconcile(self.book, [*found, stray], self.now), disturbs=True)
        kept = {each.lease for each in [*found, stray]}
        assert self.book.leases.keys() <= kept | {
            event.lease.id for event in change.events if isinstance(event, LeaseGranted)
        }
        again = reconcile(self.book, [_found(x) for x in self.book.leases.values()], self.now)
        assert again.book is self.book


def _is_stuck(book: Book, now: datetime) -> bool:
    """Whether something is due and ``tick`` has just done nothing about it."""
    due = due_at(book, now)
    return due is not None and due <= now


def _found(lease: Lease) -> Found:
    return Found(lease.id, lease.person, lease.server, lease.course, lease.profile, (lease.gpu,))


TestLab = Lab.TestCase
TestTroubledLab = TroubledLab.TestCase
TestLab.settings = TestTroubledLab.settings = settings(
    max_examples=RUNS,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, *([] if FIND_ONLY else [Phase.shrink])],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
