"""The waiting line: its order, and who is next when a share comes free."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Kind, Offer
from crepre_hub.gpu.draft import Draft
from crepre_hub.gpu.events import ShareOffered
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.index import Index
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.gpu.room import Ahead, Spot, best_spot, turn


class Key(NamedTuple):
    """Where a claim is in the line: the least comes first."""

    rank: int
    used: float
    since: datetime
    id: str


FIRST, OLD, YOUNG = range(3)


def key_of(books: Book | Draft, kind: Kind, since: datetime, name: str, now: datetime) -> Key:
    """The place in the order of the claim *name* of *kind* that waits since *since*."""
    if kind.first:
        return Key(FIRST, 0.0, since, name)
    if now - since >= books.rules.patience:
        return Key(OLD, 0.0, since, name)
    usage = books.usage.get(kind.course)
    return Key(YOUNG, usage.on(now, books.rules.half_life) if usage else 0.0, since, name)


def line(book: Book, now: datetime) -> list[Claim]:
    """Claims that wait without an offer, first in line first."""
    waiting = (claim for claim in book.claims.values() if claim.offer is None)
    return sorted(waiting, key=lambda each: key_of(book, each.kind, each.since, each.id, now))


def settle(draft: Draft) -> None:
    """
    Offer what is free to whoever is next, until nobody can be served.

    Places of lessons that still have a while to go are filled first; a place in a lesson's last
    minutes is taken only by those for whom there is nothing else.
    """
    if not draft.index.lines:
        return
    under_way = [*_under_way(draft)]
    for reservation, kinds in under_way:
        _fill(draft, reservation, [k for k in kinds if _is_worth_it(reservation, k, draft.now)])
    while _walk(draft):
        pass  # whom it charged may have another place in the line now
    for reservation, kinds in under_way:
        _fill(draft, reservation, kinds)


def _is_worth_it(reservation: Reservation, kind: Kind, now: datetime) -> bool:
    return reservation.interval.end - now >= kind.least


def _under_way(draft: Draft) -> Iterator[tuple[Reservation, list[Kind]]]:
    """Reservations in their interval whose course has somebody in the line, and their kinds."""
    kinds: dict[str, list[Kind]] = {}
    for kind in draft.index.lines:
        kinds.setdefault(kind.course, []).append(kind)
    for course, mine in kinds.items():
        for start, name in draft.index.lessons.get(course, ()):
            if start > draft.now:
                break
            if (reservation := draft.reservations[name]).interval.holds(draft.now):
                yield reservation, mine


def _fill(draft: Draft, reservation: Reservation, kinds: list[Kind]) -> None:
    """Offer the empty places of *reservation* to the first of its course that fit."""
    for number, place in enumerate(draft.reservations[reservation.id].places):
        if place.lease or place.released or not place.gpu or not draft.gpus[place.gpu].is_lent:
            continue
        gpu = draft.gpus[place.gpu]
        room = min(place.memory, gpu.memory - draft.index.held.get(gpu.uuid, 0))
        fitting = [
            (line[0], kind)
            for kind in kinds
            if (line := draft.index.lines.get(kind)) and 0 < kind.wish.on(gpu) <= room
        ]
        if fitting:
            (_, name), kind = min(fitting)
            spot = Spot(gpu.uuid, kind.wish.on(gpu), reservation.interval.end)
            draft.fill_place(reservation.id, number, name)
            offer(draft, draft.claims[name], spot, reservation.id)


def _walk(draft: Draft) -> bool:
    """
    Go through the line in its order and offer to each what fits; whether to do it again.

    Of one kind only the first is looked at: where it does not fit, the others do not either. Once
    somebody does not fit, nothing is given to those behind that would make that one wait longer.
    """
    if not draft.index.lines:
        return False
    room = _Room(draft.index)
    if not room.may_serve_somebody():
        return False
    served, blocked = False, _Blocked(draft)
    heap = [(_first_key(draft, kind), kind) for kind in draft.index.lines]
    heapq.heapify(heap)
    while heap:
        key, kind = heapq.heappop(heap)
        if served and (current := _first_key(draft, kind)) > key:
            heapq.heappush(heap, (current, kind))  # its course was charged meanwhile
            continue
        spot = _best_for(draft, kind, room, blocked) if room.may_hold(kind.wish) else None
        if spot is None:
            blocked.kinds.append(kind)
            continue
        offer(draft, draft.claims[key.id], spot)
        served = True
        if kind in draft.index.lines:
            heapq.heappush(heap, (_first_key(draft, kind), kind))
        if heap:
            room = _Room(draft.index)
    return served and bool(blocked.kinds)


class _Room:
    """GPUs with some memory free, and whether a wish may fit on one, until something is given."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.gpus = index.with_room()
        self.known: dict[Wish, bool] = {}

    def may_hold(self, wish: Wish) -> bool:
        """Whether some GPU has as much free, reservations and turns aside."""
        if wish not in self.known:
            held = self.index.held
            self.known[wish] = any(
                0 < wish.on(gpu) <= gpu.memory - held.get(gpu.uuid, 0) for gpu in self.gpus
            )
        return self.known[wish]

    def may_serve_somebody(self) -> bool:
        """Whether anybody's wish may fit."""
        return any(self.may_hold(kind.wish) for kind in self.index.lines)


def may_serve(index: Index) -> bool:
    """Whether there is somebody in line, and free memory that may be enough for them."""
    return bool(index.lines) and _Room(index).may_serve_somebody()


class _Blocked:
    """Kinds whose first could not be served, in the order of the line."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.kinds: list[Kind] = []
        self.found: Ahead | None = None
        self.looked_at = 0

    @property
    def ahead(self) -> Ahead | None:
        """The turn of the first of them that has one; looked for when it is needed."""
        while self.found is None and self.looked_at < len(self.kinds):
            self.found = turn(self.draft, self.kinds[self.looked_at], self.draft.now)
            self.looked_at += 1
        return self.found


def _best_for(draft: Draft, kind: Kind, room: _Room, blocked: _Blocked) -> Spot | None:
    """The best spot for *kind* that puts off nobody."""
    spot = best_spot(draft, kind, draft.now, among=room.gpus)
    if spot is None or blocked.ahead is None:
        return spot
    return best_spot(draft, kind, draft.now, ahead=blocked.ahead, among=room.gpus)


def _first_key(draft: Draft, kind: Kind) -> Key:
    since, name = draft.index.lines[kind][0]
    return key_of(draft, kind, since, name, draft.now)


def offer(draft: Draft, claim: Claim, spot: Spot, reservation: str = "") -> None:
    """Keep *spot* for *claim* while the claim window runs, and charge its course."""
    window = draft.rules.claim_window
    expected = min(claim.length, spot.until - draft.now).total_seconds()
    charged = expected * draft.share(spot.gpu, spot.memory)
    made = Offer(
        gpu=spot.gpu,
        memory=spot.memory,
        since=draft.now,
        until=draft.now + window,
        latest=spot.until,
        reservation=reservation,
        charged=charged,
    )
    draft.charge(claim.course, charged)
    offered = claim._replace(offer=made)
    draft.put_claim(offered)
    draft.tell(ShareOffered(offered))
