"""Where a wish fits: which GPU has room for it, from now until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from crepre_hub.gpu.claims import Kind
from crepre_hub.gpu.gpus import Gpu, Tier, Wish
from crepre_hub.gpu.index import Index, Kept
from crepre_hub.gpu.rules import MINUTE, Rules


class Spot(NamedTuple):
    """Room for a lease on *gpu*: *memory* bytes up to *until*."""

    gpu: str
    memory: int
    until: datetime


class Ahead(NamedTuple):
    """The GPU and the moment at which the first in line fits; nothing may delay it."""

    gpu: str
    kept: Kept


class Books(Protocol):
    """A book, or the draft of one."""

    @property
    def rules(self) -> Rules:
        """The lab's numbers."""

    @property
    def gpus(self) -> Mapping[str, Gpu]:
        """By UUID."""

    @property
    def index(self) -> Index:
        """What is held and kept on them."""


def load(index: Index, gpu: str, at: datetime, now: datetime, ahead: Ahead | None = None) -> int:
    """Bytes of *gpu* that are held or kept at the moment *at*, if all leases end in time."""
    total = 0
    for _, memory, ends, on_top in index.holds.get(gpu, ()):
        if (ends > at or at <= now) and (on_top is None or at >= on_top):
            total += memory
    for start, end, memory, _ in index.kept.get(gpu, ()):
        if start > at:
            break
        if at < end:
            total += memory
    if ahead is not None and ahead.gpu == gpu and ahead.kept.start <= at < ahead.kept.end:
        total += ahead.kept.memory
    return total


def free_until(
    index: Index,
    gpu: Gpu,
    memory: int,
    begin: datetime,
    end: datetime,
    *,
    now: datetime,
    ahead: Ahead | None = None,
) -> datetime:
    """
    Up to when *memory* bytes of *gpu* are free from *begin* on, *end* at most.

    What a GPU has to carry grows only where a reservation (or the turn of the first in line)
    begins, so these moments are looked at and no others.
    """
    room = gpu.memory - memory
    kept = index.kept.get(gpu.uuid)
    if (
        begin <= now
        and not (kept and kept[0].start < end)
        and not (ahead and ahead.gpu == gpu.uuid)
    ):
        return end if index.held.get(gpu.uuid, 0) <= room else begin
    if load(index, gpu.uuid, begin, now, ahead) > room:
        return begin
    for start in _starts(index, gpu.uuid, begin, end, ahead):
        if load(index, gpu.uuid, start, now, ahead) > room:
            return start
    return end


def _starts(
    index: Index, gpu: str, begin: datetime, end: datetime, ahead: Ahead | None
) -> list[datetime]:
    """When something begins on *gpu* after *begin* and before *end*, earliest first."""
    starts = []
    for kept in index.kept.get(gpu, ()):
        if kept.start >= end:
            break
        if kept.start > begin:
            starts.append(kept.start)
    if ahead is not None and ahead.gpu == gpu and begin < ahead.kept.start < end:
        starts.append(ahead.kept.start)
        starts.sort()
    return starts


def lent_for(wish: Wish, gpus: Iterable[Gpu]) -> Iterator[tuple[Gpu, int]]:
    """Those of *gpus* that are large enough for *wish*, and what it would hold on each."""
    for gpu in gpus:
        if memory := wish.on(gpu):
            yield gpu, memory


def best_spot(
    books: Books,
    kind: Kind,
    now: datetime,
    *,
    ahead: Ahead | None = None,
    among: Iterable[Gpu] | None = None,
) -> Spot | None:
    """
    The best room for a claim of *kind* now; None if there is none.

    It is looked for *among* some GPUs, or all that are lent. The claim window counts: whoever
    takes the offer in its last moment has the whole length.

    Best is first where the lease is not cut short, then where no more is taken than was wished
    for, then (``Rules.spread`` aside) the fullest GPU, so that whole ones stay whole.
    """
    spread = books.rules.spread
    options: list[tuple[tuple[bool, int, int, int], Gpu, int]] = []
    index, wish, wanted = books.index, kind.wish, now + books.rules.claim_window + kind.length
    for gpu, memory in lent_for(wish, index.lent if among is None else among):
        left = gpu.memory - index.held.get(gpu.uuid, 0) - memory
        if left >= 0:
            is_split = wish.whole and gpu.tier is Tier.SHARED
            rank = (is_split, memory - wish.memory, -left if spread else left, len(options))
            options.append((rank, gpu, memory))
    best: Spot | None = None
    for _, gpu, memory in sorted(options):  # no two have the same rank
        until = free_until(index, gpu, memory, now, wanted, now=now, ahead=ahead)
        if until - now >= kind.least and (best is None or until > best.until):
            best = Spot(gpu.uuid, memory, until)
            if until == wanted:
                break
    return best


def turn(books: Books, kind: Kind, now: datetime) -> Ahead | None:
    """
    Where and when a claim of *kind* that does not fit now fits first, if all leases end in time.

    None if it fits on no GPU at any moment that is known.
    """
    found: Ahead | None = None
    index, longest = books.index, books.rules.claim_window + kind.length
    options = [
        (_first_room(index, gpu, memory, now), gpu.uuid, memory)
        for gpu, memory in lent_for(kind.wish, index.lent)
    ]
    options.sort()
    for first, uuid, memory in options:
        if found is not None and first >= found.kept.start:
            break
        for moment in _changes(index, uuid, first, now):
            if found is not None and moment >= found.kept.start:
                break
            gpu = books.gpus[uuid]
            until = free_until(index, gpu, memory, moment, moment + longest, now=now)
            if until - moment >= kind.least:
                found = Ahead(uuid, Kept(moment, until, memory, ""))
                break
    return found


def _first_room(index: Index, gpu: Gpu, memory: int, now: datetime) -> datetime:
    """Before this moment those who hold *gpu* leave less than *memory*, reservations aside."""
    free = gpu.memory - index.held.get(gpu.uuid, 0)
    if free >= memory:
        return now
    holds = index.holds[gpu.uuid]
    if len(holds) == 1:
        return holds[0].ends
    if memory == gpu.memory:
        return max(hold.ends for hold in holds)
    for ends, held in sorted((hold.ends, hold.memory) for hold in holds):
        free += held
        if free >= memory:
            return ends
    return now


def _changes(index: Index, gpu: str, first: datetime, now: datetime) -> list[datetime]:
    """
    Moments to come, *first* or later, at which *gpu* has more room than before.

    What is over, and whose server still runs, ends in a minute.
    """
    soon = now + MINUTE
    holds, kept = index.holds.get(gpu, ()), index.kept.get(gpu, ())
    ends = {max(hold.ends, soon) for hold in holds if hold.ends >= first}
    ends.update(each.end for each in kept if each.end > now and each.end >= first)
    return sorted(ends)
