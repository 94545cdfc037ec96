"""
The laws of the book, looked at the slow way: every holder, every moment, no index.

What these functions know of the book is its values; they share no code with the rules but the
order of the line's words. The simulated term (``bench/term.py``) is held to them as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.events import LeaseGranted, ShareOffered
from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.gpu.index import indexed

ROUNDING = 1e-6
"""Share-seconds by which two courses may differ and still count as level."""


@dataclass(frozen=True)
class Holder:
    """A lease or an offer."""

    id: str
    gpu: str
    memory: int
    ends: datetime
    reservation: str
    lease: Lease | None


@dataclass(frozen=True)
class Turn:
    """Where and when a claim fits first, and until when."""

    gpu: str
    memory: int
    start: datetime
    end: datetime


def holders(book: Book) -> list[Holder]:
    """All who hold memory."""
    leases = [Holder(x.id, x.gpu, x.memory, x.ends, x.reservation, x) for x in book.leases.values()]
    offers = [
        Holder(x.id, x.offer.gpu, x.offer.memory, x.offer.latest, x.offer.reservation, None)
        for x in book.claims.values()
        if x.offer is not None
    ]
    return leases + offers


def broken_laws(change: Change, now: datetime) -> list[str]:
    """What is wrong with the book of *change*, and with how it came about; empty for nothing."""
    book = change.book
    return [
        *_held_twice(book),
        *_more_than_one(book),
        *_reservations_broken(book, now),
        *_places_wrong(book),
        *_passed_over(book, now),
        *_index_wrong(book),
    ]


def _held_twice(book: Book) -> Iterator[str]:
    """Law 1."""
    for gpu in book.gpus.values():
        mine = [each for each in holders(book) if each.gpu == gpu.uuid]
        if sum(each.memory for each in mine) > gpu.memory:
            yield f"{gpu.uuid} has {gpu.memory} bytes and lends {mine}"
        if gpu.tier is Tier.EXCLUSIVE and len(mine) > 1:
            yield f"{gpu.uuid} is exclusive and held by {mine}"
        for each in mine:
            if each.memory <= 0:
                yield f"{each.id} holds nothing"


def _more_than_one(book: Book) -> Iterator[str]:
    """Law 2."""
    servers = Counter((lease.person, lease.server) for lease in book.leases.values())
    people = Counter(claim.person for claim in book.claims.values())
    yield from (f"{who} has {n} leases" for who, n in servers.items() if n > 1)
    yield from (f"{who} has {n} claims" for who, n in people.items() if n > 1)
    if both := book.leases.keys() & book.claims.keys():
        yield f"{both} are claims and leases"


def load(book: Book, gpu: str, at: datetime, now: datetime, turn: Turn | None = None) -> int:
    """Bytes of *gpu* that somebody has, or has a right to, at the moment *at*."""
    kept = 0
    covered = set()
    for reservation in book.reservations.values():
        for place in reservation.places:
            if place.gpu == gpu and not place.released and reservation.interval.holds(at):
                kept += place.memory
                covered.add(place.lease)
    held = sum(
        each.memory
        for each in holders(book)
        if each.gpu == gpu and each.id not in covered and (each.ends > at or at == now)
    )
    mine = turn.memory if turn and turn.gpu == gpu and turn.start <= at < turn.end else 0
    return kept + held + mine


def moments(book: Book, now: datetime, turn: Turn | None = None) -> list[datetime]:
    """Every moment from *now* on at which anything begins or ends."""
    found = {each.ends for each in holders(book)}
    for reservation in book.reservations.values():
        found |= {reservation.interval.start, reservation.interval.end}
    if turn:
        found |= {turn.start, turn.end}
    return [now, *sorted(moment for moment in found if moment > now)]


def fits_until(
    book: Book, claim: Claim, gpu: Gpu, at: datetime, *, now: datetime, turn: Turn | None = None
) -> datetime:
    """Up to when *claim* could hold its wish on *gpu* from *at* on; *at* if not at all."""
    need = claim.wish.on(gpu)
    window = book.rules.claim_window
    end = at + claim.length + window
    is_cut = any(each.parent == gpu.uuid for each in book.gpus.values())
    held = sum(each.memory for each in holders(book) if each.gpu == gpu.uuid)
    if not need or not gpu.is_lent or is_cut or (at == now and held + need > gpu.memory):
        return at
    for moment in [at, *moments(book, at, turn)]:
        if moment >= end:
            return end
        if load(book, gpu.uuid, moment, now, turn) + need > gpu.memory:
            return moment
    return end


def served_now(book: Book, claim: Claim, now: datetime, turn: Turn | None = None) -> list[str]:
    """The GPUs on which *claim* could be served now outside its course's lessons."""
    return [
        gpu.uuid
        for gpu in book.gpus.values()
        if fits_until(book, claim, gpu, now, now=now, turn=turn) - now >= claim.least
    ]


def turns(book: Book, claim: Claim, now: datetime) -> list[Turn]:
    """Each GPU's first moment after *now* at which *claim* fits, the earliest alone."""
    soon = now + timedelta(minutes=1)
    late = {each.ends for each in holders(book) if each.ends <= now}
    found = []
    for gpu in book.gpus.values():
        for at in sorted({*moments(book, now)[1:], *([soon] if late else [])}):
            until = fits_until(book, claim, gpu, at, now=now)
            if until - at >= claim.least:
                found.append(Turn(gpu.uuid, claim.wish.on(gpu), at, until))
                break
    first = min((turn.start for turn in found), default=None)
    return [turn for turn in found if turn.start == first]


def order(book: Book, now: datetime) -> list[Claim]:
    """The line, by the words of law 3."""

    def key(claim: Claim) -> tuple[float, float, datetime, str]:
        usage = book.usage.get(claim.course)
        used = usage.on(now, book.rules.half_life) if usage else 0.0
        if claim.first:
            return (0, 0, claim.since, claim.id)
        if now - claim.since >= book.rules.patience:
            return (1, 0, claim.since, claim.id)
        return (2, used, claim.since, claim.id)

    return sorted((each for each in book.claims.values() if not each.offer), key=key)


def first_turns(book: Book, now: datetime) -> tuple[Claim | None, list[Turn]]:
    """The first in line who can be served at some time, and when and where that may be."""
    for claim in order(book, now):
        if found := turns(book, claim, now):
            return claim, found
    return None, []


def _passed_over(book: Book, now: datetime) -> Iterator[str]:
    """Law 3: whoever could be served has been."""
    first, options = first_turns(book, now)
    for claim in order(book, now):
        if claim == first or first is None:
            if found := served_now(book, claim, now):
                yield f"{claim.id} is first in line and waits for {found}, which is free"
        elif all(served_now(book, claim, now, turn) for turn in options):
            yield f"{claim.id} waits, is in nobody's way, and could be served"
        yield from _lesson_place_free(book, claim, now)


def _lesson_place_free(book: Book, claim: Claim, now: datetime) -> Iterator[str]:
    for reservation in book.reservations.values():
        if reservation.course != claim.course or not reservation.interval.holds(now):
            continue
        for place in reservation.places:
            if place.lease or place.released or not place.gpu or not book.gpus[place.gpu].is_lent:
                continue
            free = book.free_on(place.gpu)
            if 0 < claim.wish.on(book.gpus[place.gpu]) <= min(free, place.memory):
                yield f"{claim.id} waits while its lesson has an empty place on {place.gpu}"


@dataclass(frozen=True)
class Served:
    """What a change gave to somebody outside lessons, and what their course was charged."""

    id: str
    course: str
    since: datetime
    charged: float
    first: bool


def served_in(change: Change) -> list[Served]:
    """Offers and leases that *change* made outside lessons."""
    found = []
    for event in change.events:
        if isinstance(event, ShareOffered) and (offer := event.claim.offer):
            if not offer.reservation:
                mine = event.claim
                found.append(Served(mine.id, mine.course, mine.since, offer.charged, mine.first))
        elif isinstance(event, LeaseGranted) and not event.lease.reservation:
            mine_ = event.lease
            found.append(Served(mine_.id, mine_.course, mine_.start, mine_.charged, first=False))
    return found


def came_before(book: Book, made: list[Served], first: Claim, now: datetime) -> bool:
    """Whether one of *made*, all of one change, was before *first* when it was served."""
    return any(_was_before(book, made[number:], first, now) for number in range(len(made)))


def _was_before(book: Book, made: list[Served], first: Claim, now: datetime) -> bool:
    """Whether the first of *made* was; what the courses were charged from it on is taken back."""
    served, patience = made[0], book.rules.patience
    is_old, first_is_old = now - served.since >= patience, now - first.since >= patience
    if served.first != first.first:
        return served.first
    if is_old != first_is_old:
        return is_old
    if served.first or is_old or served.course == first.course:
        return (served.since, served.id) < (first.since, first.id)

    def used(course: str) -> float:
        usage = book.usage.get(course)
        after = usage.on(now, book.rules.half_life) if usage else 0.0
        return after - sum(each.charged for each in made if each.course == course)

    return used(served.course) <= used(first.course) + ROUNDING


def offers_out_of_turn(before: Book, change: Change, now: datetime) -> list[str]:
    """
    Law 3, for what was offered in *change*: nobody before could have had it.

    The change is taken back offer by offer, the last one first, and each time the line is looked
    at as it was just before that offer.
    """
    book = change.book
    made = [e.claim for e in change.events if isinstance(e, ShareOffered)]
    wrong = []
    for claim in reversed(made):
        book = _without(book, claim, now)
        assert claim.offer is not None
        if not claim.offer.reservation:
            wrong += _who_was_passed(book, claim, now)
    return wrong


def _without(book: Book, claim: Claim, now: datetime) -> Book:
    """*book* as if *claim* had no offer."""
    assert claim.offer is not None
    usage = book.usage[claim.course]
    back = usage.plus(-claim.offer.charged, max(now, usage.at), book.rules.half_life)
    reservations = {
        each.id: replace(
            each,
            places=tuple(
                replace(place, lease="") if place.lease == claim.id else place
                for place in each.places
            ),
        )
        for each in book.reservations.values()
    }
    return Book.of(
        rules=book.rules,
        gpus=book.gpus.values(),
        leases=book.leases.values(),
        claims=[
            each._replace(offer=None) if each.id == claim.id else each
            for each in book.claims.values()
        ],
        reservations=reservations.values(),
        usage={**book.usage, claim.course: back},
    )


def _who_was_passed(book: Book, served: Claim, now: datetime) -> Iterator[str]:
    line = order(book, now)
    if served.id not in {each.id for each in line}:
        return
    mine = _used(book, served, now)
    first, options = first_turns(book, now)
    for claim in line:
        if claim.id == served.id:
            return
        is_level = claim.first is served.first and abs(_used(book, claim, now) - mine) < ROUNDING
        could = served_now(book, claim, now) if claim == first else []
        if could and not is_level and options:
            yield f"{claim.id} was before {served.id} and could have had {could}"


def _used(book: Book, claim: Claim, now: datetime) -> float:
    usage = book.usage.get(claim.course)
    return usage.on(now, book.rules.half_life) if usage else 0.0


def _reservations_broken(book: Book, now: datetime) -> Iterator[str]:
    """Law 4: at every moment to come, what is kept and what is lent have room beside each other."""
    for gpu in book.gpus.values():
        is_kept = any(
            place.gpu == gpu.uuid and not place.released
            for reservation in book.reservations.values()
            for place in reservation.places
        )
        if not is_kept or not gpu.is_lent:
            continue
        for moment in moments(book, now)[1:]:
            if load(book, gpu.uuid, moment, now) > gpu.memory:
                yield f"{gpu.uuid} is promised twice at {moment}"


def _places_wrong(book: Book) -> Iterator[str]:
    """Who is in a place is of its course, on its GPU, and fits; and the place knows."""
    for each in holders(book):
        reservation = book.reservations.get(each.reservation)
        if reservation is None:
            continue
        mine = [place for place in reservation.places if place.lease == each.id]
        course = (each.lease or book.claims[each.id]).course
        if (
            len(mine) != 1
            or mine[0].gpu != each.gpu
            or each.memory > mine[0].memory
            or course != reservation.course
        ):
            yield f"{each.id} is in no place of {reservation.id}"
    known = book.leases.keys() | book.claims.keys()
    for reservation in book.reservations.values():
        for place in reservation.places:
            if place.lease and place.lease not in known:
                yield f"{place.lease} is in a place of {reservation.id} and does not exist"


def _index_wrong(book: Book) -> Iterator[str]:
    """What was carried along is what one would work out anew."""
    anew = indexed(book.gpus, book.leases.values(), book.claims.values(), book.reservations)
    mine = book.index
    if (mine.short, mine.lent) != (anew.short, anew.lent):
        yield f"short or lent: {mine} instead of {anew}"
    if mine.people != anew.people or mine.servers != anew.servers or mine.lines != anew.lines:
        yield f"tables of people: {mine} instead of {anew}"
    for gpu in book.gpus:
        if sorted(mine.holds.get(gpu, ())) != sorted(anew.holds.get(gpu, ())):
            yield f"holds on {gpu}: {mine.holds.get(gpu)} instead of {anew.holds.get(gpu)}"
        if mine.held.get(gpu, 0) != anew.held.get(gpu, 0):
            yield f"held on {gpu}"
        if mine.kept.get(gpu, ()) != anew.kept.get(gpu, ()):
            yield f"kept on {gpu}: {mine.kept.get(gpu)} instead of {anew.kept.get(gpu)}"
