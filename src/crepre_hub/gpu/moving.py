"""Places of reservations: which GPUs they are on, and where they go when one is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crepre_hub.gpu.draft import Draft
from crepre_hub.gpu.events import ReservationMoved, ReservationShort
from crepre_hub.gpu.gpus import Tier, Wish
from crepre_hub.gpu.reservations import Interval, Place, Reservation
from crepre_hub.gpu.room import Books, free_until, lent_for, load


def room_for(books: Books, wish: Wish, interval: Interval, now: datetime) -> Place | None:
    """A place for *wish* that is free during all of *interval*; None if there is none."""
    begin = max(interval.start, now)
    found: list[tuple[tuple[object, ...], Place]] = []
    for gpu, memory in lent_for(wish, books.index.lent):
        if free_until(books.index, gpu, memory, begin, interval.end, now=now) < interval.end:
            continue
        left = gpu.memory - load(books.index, gpu.uuid, begin, now) - memory
        order = (
            wish.whole and gpu.tier is Tier.SHARED,
            memory - wish.memory,
            -left if books.rules.spread else left,
            gpu.uuid,
        )
        found.append((order, Place(gpu.uuid, memory)))
    return min(found)[1] if found else None


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
        found = room_for(draft, current.wish, current.interval, draft.now)
        if found is not None:
            places[number] = replace(places[number], gpu=found.gpu, memory=found.memory)
            current = replace(current, places=tuple(places))
            draft.put_reservation(current)
    if current == reservation:
        return
    draft.tell(ReservationMoved(current))
    if missing := sum(not place.gpu for place in current.places):
        draft.tell(ReservationShort(current, missing))
