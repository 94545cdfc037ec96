"""The board: who has which GPU, who waits, and what is reserved, worked out of the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease
from crepre_hub.gpu.gpus import Gpu, Health, State
from crepre_hub.gpu.outlook import WaitingView
from crepre_hub.gpu.reservations import Reservation

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """
    A share that somebody holds, or that is kept for the first in line.

    Attributes:
        id: Of the lease; empty for an offer.
        memory: Bytes.
        until: When it ends at the latest; of an offer, when it goes to the next.
    """

    id: str
    who: str
    is_mine: bool
    course: str
    memory: int
    until: datetime
    is_offer: bool
    is_ending: bool


@dataclass(frozen=True, slots=True)
class GpuRow:
    """
    One GPU.

    Attributes:
        reason: Why it is not in service.
        used: Bytes that programs take of its memory; None where nobody measures it.
        outside: Bytes of them that programs from outside the lab take.
        remedy: What an admin does about that; for nobody else, and empty where there is nothing.
        may_forget: Whether an admin may strike it from the book.
    """

    uuid: str
    name: str
    memory: int
    free: int
    state: State
    reason: str
    held: tuple[HeldRow, ...]
    used: int | None = None
    outside: int = 0
    remedy: str = ""
    may_forget: bool = False


@dataclass(frozen=True, slots=True)
class LineRow:
    """One claim that waits; *is_first* where an admin has put it before the others."""

    id: str
    place: int
    who: str
    is_mine: bool
    course: str
    waits_for: str
    since: datetime
    probably_free_at: datetime | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A reservation that is under way or comes within a week."""

    id: str
    course: str
    start: datetime
    end: datetime
    shares: int
    wish: str
    is_from_file: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All of it, as one reader may see it at the moment *as_of*."""

    gpus: tuple[GpuRow, ...]
    line: tuple[LineRow, ...]
    kept: tuple[KeptRow, ...]
    as_of: datetime


NOTHING: Mapping[str, int] = MappingProxyType({})


def board(
    desk: LendingDesk,
    reader: Reader,
    used: Mapping[str, int] = NOTHING,
    outside: Mapping[str, int] = NOTHING,
) -> Board:
    """
    The board: GPUs in their machine's order, the line in its own, reservations by time.

    Args:
        used: Bytes that programs take on each GPU, where that was measured.
        outside: Bytes of them that programs from outside the lab take.
    """
    book, now = desk.book(), desk.now
    views = sorted(desk.outlook().values(), key=lambda view: view.place)
    to_come = (each for each in book.reservations.values() if not each.cancelled)
    kept = sorted(to_come, key=lambda each: (each.interval.start, each.id))
    return Board(
        tuple(
            replace(
                _gpu_row(book, gpu, reader),
                used=used.get(gpu.uuid),
                outside=outside.get(gpu.uuid, 0),
            )
            for gpu in book.gpus.values()
        ),
        tuple(_line_row(view, reader) for view in views if view.place),
        tuple(_kept_row(each, reader) for each in kept if each.interval.start < now + WEEK),
        now,
    )


def _gpu_row(book: Book, gpu: Gpu, reader: Reader) -> GpuRow:
    offers = (c for c in book.claims.values() if c.offer is not None and c.offer.gpu == gpu.uuid)
    held = [_lease_row(lease, reader) for lease in book.leases_on(gpu.uuid)]
    held += [_offer_row(claim, reader) for claim in offers]
    free = book.free_on(gpu.uuid) if gpu.is_lent else 0
    return GpuRow(
        gpu.uuid,
        gpu.name,
        gpu.memory,
        free,
        gpu.state,
        gpu.reason,
        tuple(held),
        remedy=gpu.remedy if reader.is_admin else "",
        may_forget=reader.is_admin and gpu.health is not Health.PRESENT and not held,
    )


def _lease_row(lease: Lease, reader: Reader) -> HeldRow:
    return HeldRow(
        lease.id,
        reader.who(lease.person, lease.course),
        lease.person == reader.name,
        reader.course(lease.course),
        lease.memory,
        lease.ends,
        is_offer=False,
        is_ending=lease.ending is not None,
    )


def _offer_row(claim: Claim, reader: Reader) -> HeldRow:
    assert claim.offer is not None
    return HeldRow(
        "",
        reader.who(claim.person, claim.course),
        claim.person == reader.name,
        reader.course(claim.course),
        claim.offer.memory,
        claim.offer.until,
        is_offer=True,
        is_ending=False,
    )


def _line_row(view: WaitingView, reader: Reader) -> LineRow:
    claim = view.claim
    return LineRow(
        claim.id,
        view.place,
        reader.who(claim.person, claim.course),
        claim.person == reader.name,
        reader.course(claim.course),
        view.waits_for,
        claim.since,
        view.probably_free_at,
        claim.first,
    )


def _kept_row(each: Reservation, reader: Reader) -> KeptRow:
    shares = sum(not place.released for place in each.places)
    return KeptRow(
        each.id,
        reader.course(each.course),
        each.interval.start,
        each.interval.end,
        shares,
        each.wish.said,
        each.is_from_file,
    )
