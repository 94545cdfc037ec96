"""GPUs lent, waited for, renewed and given back: the lease book, kept in the store."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crepre_hub.backends.backend import Found
from crepre_hub.clock import Clock, utc_now
from crepre_hub.decisions import Answer, Granted, MustWait, Refused
from crepre_hub.desk.gpu_held import held_by, held_under
from crepre_hub.desk.park import Asked, Park
from crepre_hub.errors import Busy
from crepre_hub.gpu import reconciling
from crepre_hub.gpu.allowance import Allowance, left, may_claim, spent, week_of
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import (
    Called,
    Request,
    asked_anew,
    bring_back,
    cancel,
    cancel_to_come,
    reserve,
)
from crepre_hub.gpu.claims import Claim, Kind, Lease, Why
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.events import Event, StrayServer
from crepre_hub.gpu.given import GivenGpu
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.idle import end_idle
from crepre_hub.gpu.inventory import drain, forget, inventory
from crepre_hub.gpu.lending import accept, claim, end, give_back, put_first, renew, withdraw
from crepre_hub.gpu.outlook import Availability, WaitingView, availability, outlook
from crepre_hub.gpu.passing import due_at, prolong_offers, tick
from crepre_hub.gpu.reservations import FROM_FILE
from crepre_hub.gpu.usage import Used
from crepre_hub.gpu.watchdog import Patience
from crepre_hub.probes.gpu_use import GpuSample
from crepre_hub.sentences import say
from crepre_hub.store.gpu_book import GpuBookStore

TRIES = 1000
"""As often as somebody else writes first, there is progress; so many in a row are a mistake."""

FRESH = timedelta(seconds=5)
"""What is told of the time to come may be so old, if nothing has changed in the book."""

ASLEEP = timedelta(seconds=30)
"""A hub that has not looked for so long was down, or its machine was: nobody was answered."""

NEVER = datetime.min.replace(tzinfo=UTC)

LEAST = timedelta(minutes=20)
"""A share that is free for less time than this is of no use, unless leases are shorter."""

Rule = Callable[[Book, datetime], Change]


class LendingDesk:
    """
    Changes the book: reads it, asks the rules, writes what they say over what was read.

    Where somebody else was first it does so again. Each method may raise ``StoreUnreachable``,
    and then has changed nothing.

    Args:
        is_hub: Offers are taken here, so here they lapse; a command leaves that to the hub.
    """

    def __init__(
        self, store: GpuBookStore, park: Park, clock: Clock = utc_now, *, is_hub: bool = True
    ) -> None:
        self._store = store
        self._park = park
        self._clock = clock
        self._known = Book(park.rules())
        self._turn = threading.RLock()
        self._ticked = NEVER
        self._is_hub = is_hub
        self._unknown: frozenset[str] = frozenset()
        self._outlook: tuple[int, datetime, Mapping[str, WaitingView]] | None = None
        self._free: dict[Kind, tuple[int, datetime, Availability]] = {}

    # --- reading

    @property
    def now(self) -> datetime:
        """The moment by which this desk decides."""
        return self._clock()

    @property
    def patience(self) -> Patience:
        """With whoever takes more of a GPU than was lent."""
        return self._park.patience()

    @property
    def lends_gpus(self) -> bool:
        """Whether the lab had a GPU when the book was read last; asks no database."""
        return bool(self.known_gpus)

    @property
    def known_gpus(self) -> tuple[Gpu, ...]:
        """Those that the lab had then."""
        return tuple(self._known.gpus.values())

    def book(self) -> Book:
        """The book as it is now."""
        with self._turn:
            self._known = self._store.read(self._known)
            if self._known.rules != (rules := self._park.rules()):
                self._known = replace(self._known, rules=rules)
            return self._known

    def outlook(self) -> Mapping[str, WaitingView]:
        """What each claim's person sees, by claim; worked out once for all who look just now."""
        book, now = self.book(), self.now
        seen = self._outlook
        if seen is None or seen[0] != book.version or not timedelta(0) <= now - seen[1] < FRESH:
            seen = self._outlook = book.version, now, outlook(book, now)
        return seen[2]

    def availability(self, asked: Asked) -> Availability:
        """What a card says before the click; the same for all who look just now."""
        book, now, kind = self.book(), self.now, self.claim_for(asked).kind
        seen = self._free.get(kind)
        if seen is None or seen[0] != book.version or not timedelta(0) <= now - seen[1] < FRESH:
            seen = self._free[kind] = book.version, now, availability(book, kind, now)
        return seen[2]

    def given(self, lease: Lease) -> GivenGpu:
        """The GPU of *lease* as a backend is told of it."""
        gpu = self.book().gpus[lease.gpu]
        cap = self._park.cap(gpu, lease.memory)
        return GivenGpu(lease.id, gpu.uuid, lease.memory, gpu.memory, lease.ends, cap)

    def claim_for(self, asked: Asked) -> Claim:
        """What *asked* is in the book, if it is made now."""
        return Claim(
            id=secrets.token_hex(8),
            person=asked.seat.user,
            server=asked.seat.server,
            course=asked.course,
            profile=asked.profile,
            wish=asked.wish,
            since=self.now,
            asked=self.now,
            length=asked.length or self._park.lease(),
            least=min(LEAST, asked.length or self._park.lease()),
        )

    def last_of(self, person: str) -> Used | None:
        """The last lease of *person* that is over."""
        return self._store.last_of(person)

    # --- what a person does

    def ask(self, asked: Asked) -> Lease | MustWait | Refused:
        """
        The lease for a server, or why there is none yet; then the claim is in the line.

        May be repeated: the lease that the server has, the claim that waits and the offer that
        it was made are found again.
        """
        with self._turn:
            self.tick()
            book = self.book()
            lease = book.lease_of(asked.seat.user, asked.seat.server)
            if lease is not None:
                return lease if _is_for(lease, asked, self.now) else STILL_ENDING
            mine = book.claim_of(asked.seat.user)
            if mine is None or not _is_same(mine, asked):
                mine = self.claim_for(asked)
                if isinstance(refused := self._may_claim(asked, mine), Refused):
                    return refused
                answer = self._apply(lambda book, now: claim(book, mine, now)).answer
            else:
                name = mine.id
                answer = self._apply(lambda book, now: accept(book, name, now)).answer
            return self.book().leases[mine.id] if isinstance(answer, Granted) else answer

    def left_of(self, person: str, course: str, allowance: Allowance) -> timedelta | None:
        """Time on a whole GPU that *person* has left this week; None for no bound."""
        return left(allowance, self._spent(person, course, allowance))

    def _spent(self, person: str, course: str, allowance: Allowance) -> timedelta:
        book, now = self.book(), self.now
        monday, _ = week_of(now, book.rules.zone)
        running = [
            (each, each.memory / book.gpus[each.gpu].memory)
            for each in book.leases.values()
            if (each.person, each.course) == (person, course)
        ]
        past = self._store.used_by(person, course, since=monday)
        return spent(allowance, past, running, now, book.rules.zone)

    def _may_claim(self, asked: Asked, mine: Claim) -> Granted | Refused:
        if asked.allowance.week is None:
            return Granted("no-allowance")
        counted = self._spent(mine.person, mine.course, asked.allowance)
        in_lesson = any(
            each.course == mine.course
            and each.interval.holds(self.now)
            and any(not place.lease and not place.released for place in each.places)
            for each in self.book().reservations.values()
        )
        least = mine.least
        return may_claim(asked.allowance, counted, mine.wish, least=least, in_lesson=in_lesson)

    def leave(self, person: str) -> Answer:
        """Leave the line, or let go what was offered."""
        mine = self.book().claim_of(person)
        name = mine.id if mine else ""
        return self._apply(lambda book, now: withdraw(book, name, now)).answer

    def renew(self, lease: str) -> Answer:
        """Begin the lease's time anew, if nobody waits for its GPU; see ``desk.renewing``."""
        return self._apply(lambda book, now: renew(book, lease, now)).answer

    def give_back(self, lease: str, why: Why = Why.GIVEN_BACK) -> None:
        """The lease's server is known to be gone; may be said as often as one likes."""
        self._apply(lambda book, now: give_back(book, lease, now, why))

    # --- what an admin or a teacher does

    def end(self, lease: str, why: Why = Why.ADMIN) -> Answer:
        """Have the lease's server stopped."""
        return self._apply(lambda book, now: end(book, lease, now, why)).answer

    def remove_claim(self, name: str) -> Answer:
        """Take somebody out of the line."""
        return self._apply(lambda book, now: withdraw(book, name, now, Why.ADMIN)).answer

    def put_first(self, name: str) -> Answer:
        """Put somebody's claim before all that an admin has not put first."""
        return self._apply(lambda book, now: put_first(book, name, now)).answer

    def drain(self, gpu: str, reason: str) -> Answer:
        """Lend a GPU no more; with an empty *reason*, lend it again."""
        return self._apply(lambda book, now: drain(book, gpu, reason, now)).answer

    def forget(self, gpu: str) -> Answer:
        """Strike a GPU that was taken out of the machine for good."""
        return self._apply(lambda book, now: forget(book, gpu, now)).answer

    def reserve(self, request: Request, called: Called = str) -> Answer:
        """Keep shares for a course, all of them or none; others are *called* so in a refusal."""
        return self._apply(lambda book, now: reserve(book, request, now, called)).answer

    def cancel(self, reservation: str) -> Answer:
        """Keep nothing any more for a reservation, or a series of them."""
        return self._apply(lambda book, now: cancel(book, reservation, now)).answer

    def bring_back(self, reservation: str) -> Answer:
        """Keep again what was cancelled of a course's file."""
        return self._apply(lambda book, now: bring_back(book, reservation, now)).answer

    def ensure_kept(self, wanted: Mapping[str, Request]) -> Mapping[str, Refused]:
        """
        Keep what the courses' files ask for, and nothing of what they do not any more.

        A lesson that is under way goes on as it began, whatever becomes of its file meanwhile; one
        that was cancelled by hand stays so for as long as the file asks for the same.

        Args:
            wanted: By series; each name begins with ``FROM_FILE`` and tells all that it asks for.

        Returns:
            What could not be kept, and why.
        """
        known = {each.series for each in self.book().reservations.values()}
        for series in known - wanted.keys():
            if series.startswith(FROM_FILE):
                self._cancel_to_come(series)
        refused = {}
        for series, request in asked_anew(self.book(), wanted, self.now).items():
            if isinstance(answer := self.reserve(request), Refused):
                refused[series] = answer
        return refused

    def _cancel_to_come(self, series: str) -> None:
        self._apply(lambda book, now: cancel_to_come(book, series, now))

    def try_out(self, rule: Rule) -> Change:
        """What a change would be; nothing is written."""
        return rule(self.book(), self.now)

    # --- what the lab does by itself

    def tick(self) -> tuple[Event, ...]:
        """
        Do what time has brought since the last look; cheap where that is nothing.

        After a time in which nobody was answered, first each offer has its whole window again.
        """
        if not self._is_hub:
            return ()
        now = self.now
        was_asleep = now - self._ticked > ASLEEP
        events = self._apply(prolong_offers).events if was_asleep else ()
        moment = due_at(self.book(), self._ticked)
        if moment is not None and moment <= now:
            events += self._apply(tick).events
        self._ticked = now
        return events

    def look(self) -> tuple[Event, ...]:
        """Ask the machine which GPUs it has and which fail; write down what has changed."""
        seen = self._park.look()
        change = self._apply(lambda book, now: inventory(book, seen.gpus, now, seen.troubles))
        return change.events

    def sample(self) -> GpuSample:
        """Who uses the GPUs at this moment; may take a second."""
        return self._park.sample([*self.book().gpus])

    def end_idle(self, since: Mapping[str, datetime]) -> tuple[Event, ...]:
        """Tell, and later end, leases that have done nothing *since* then while others wait."""
        return self._apply(lambda book, now: end_idle(book, since, now)).events

    def reconcile(
        self, found: Iterable[Found], known: Collection[str], *, grace: timedelta
    ) -> tuple[StrayServer, ...]:
        """
        Make the book true after a crash, or whatever else went past it.

        Args:
            found: Every server that is there.
            known: Leases of servers that the hub runs, starts or stops, found or not.
            grace: A lease that is younger may not have its server yet.

        Returns:
            Servers to be stopped, since they hold what was not lent to them. One whose lease the
            book does not know has to be seen twice: it may just have been given back.
        """
        book = self.book()
        servers = [held_by(each) for each in found if each.gpu is not None]
        unknown = frozenset(each.lease for each in servers if each.lease not in book.leases)
        seen = [each for each in servers if each.lease not in unknown - self._unknown]
        there = {each.lease for each in seen}
        seen += [held_under(book.leases[n]) for n in known if n in book.leases and n not in there]
        self._unknown = unknown
        change = self._apply(lambda book, now: reconciling.reconcile(book, seen, now, grace=grace))
        return tuple(event for event in change.events if isinstance(event, StrayServer))

    def _apply(self, rule: Rule) -> Change:
        with self._turn:
            for _ in range(TRIES):
                book = self.book()
                change = rule(book, self._clock())
                if change.book is book:
                    return change
                if self._store.write(book, change):
                    self._known = change.book
                    return change
        raise Busy("The GPU desk is too busy just now.", remedy="Try again in a moment.")


STILL_ENDING = Refused(
    "one-lease-a-server",
    say("Your last server is still being ended."),
    say("Wait a minute, then start again; profiles without a GPU are open to you now."),
)


def _is_for(lease: Lease, asked: Asked, now: datetime) -> bool:
    """Whether a start may go on with the lease that its server has."""
    same = (lease.course, lease.profile, lease.wish) == (asked.course, asked.profile, asked.wish)
    return same and lease.ending is None and now < lease.ends


def _is_same(mine: Claim, asked: Asked) -> bool:
    return (mine.server, mine.course, mine.profile, mine.wish) == (
        asked.seat.server,
        asked.course,
        asked.profile,
        asked.wish,
    )
