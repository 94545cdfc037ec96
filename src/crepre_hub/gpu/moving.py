"""Places of reservations: which GPUs they are on, and where they go when one is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crepre_hub.gpu.draft import Draft
from crepre_hub.gpu.events import ReservationMoved, ReservationShort
from crepre_hub.gpu.gpus import Gpu, Tier, Wish
from crepre_hub.gpu.reservations import Interval, Place, Reservation
from crepre_hub.gpu.room import Books, lent_for, load


def room_for(
    books: Books, wish: Wish, interval: Interval, count: int, now: datetime
) -> tuple[Place, ...]:
    """Up to *count* places for *wish* that are free during all of *interval*."""
    lent = [*lent_for(wish, books.index.lent)]
    left = {gpu.uuid: gpu.memory - _most(books, gpu.uuid, interval, now) for gpu, _ in lent}
    places: list[Place] = []
    for _ in range(count):
        options = [
            (_rank(books, wish, gpu, memory, left[gpu.uuid]), gpu.uuid, memory)
            for gpu, memory in lent
            if memory <= left[gpu.uuid]
        ]
        if not options:
            break
        _, uuid, memory = min(options)
        left[uuid] -= memory
        places.append(Place(uuid, memory))
    return tuple(places)


def _rank(books: Books, wish: Wish, gpu: Gpu, memory: int, left: int) -> tuple[bool, int, int]:
    """The least is the best GPU to keep, as for leases."""
    is_split = wish.whole and gpu.tier is Tier.SHARED
    return is_split, memory - wish.memory, -left if books.rules.spread else left


def _most(books: Books, gpu: str, interval: Interval, now: datetime) -> int:
    """The most that *gpu* has to carry at any moment of *interval*."""
    begin = max(interval.start, now)
    starts = [kept.start for kept in books.index.kept.get(gpu, ())]
    moments = {begin, *(start for start in starts if begin < start < interval.end)}
    return max(load(books.index, gpu, moment, now) for moment in moments)


def may_be_lost(books: Books) -> bool:
    """Whether some place may be on a GPU that is not lent; cheap to ask."""
    index = books.index
    if index.short or len(index.lent) == len(books.gpus):
        return bool(index.short)
    return any(kept and not books.gpus[uuid].is_lent for uuid, kept in index.kept.items())


def place_again(draft: Draft) -> None:
    """Find another GPU for every place that is on none that is lent."""
    if not may_be_lost(draft):
        return
    for reservation in [*draft.reservations.values()]:
        lost = [n for n, place in enumerate(reservation.places) if _is_lost(draft, place)]
        if lost:
            _move(draft, reservation, lost)


def _is_lost(draft: Draft, place: Place) -> bool:
    if place.released or place.lease:
        return False
    gpu = draft.gpus.get(place.gpu)
    return gpu is None or not gpu.is_lent


def _move(draft: Draft, reservation: Reservation, lost: list[int]) -> None:
    current = reservation
    for number in lost:
        places = list(current.places)
        places[number] = replace(places[number], gpu="", memory=0)
        current = replace(current, places=tuple(places))
        draft.put_reservation(current)
        for found in room_for(draft, current.wish, current.interval, 1, draft.now):
            places[number] = replace(places[number], gpu=found.gpu, memory=found.memory)
            current = replace(current, places=tuple(places))
            draft.put_reservation(current)
    if current == reservation:
        return
    draft.tell(ReservationMoved(current))
    if missing := sum(not place.gpu for place in current.places):
        draft.tell(ReservationShort(current, missing))
