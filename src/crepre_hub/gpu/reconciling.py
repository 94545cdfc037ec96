"""The book against the servers that really run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Lease, Source, Why
from crepre_hub.gpu.draft import DONE, Change, Draft
from crepre_hub.gpu.events import LeaseGranted, StrayServer
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.line import settle
from crepre_hub.gpu.room import free_until


@dataclass(frozen=True, slots=True)
class Found:
    """
    A server that holds GPUs, by its container's labels and what it was really given.

    Attributes:
        lease: Id on the label; empty for none.
        gpus: UUIDs.
        memory: Bytes of the share on the label; 0 for the whole card.
        ends: Until when it was lent, by the label; None if it does not say.
        has_run: False while it was made and not started; it will hold its GPUs then.
    """

    lease: str
    person: str
    server: str
    course: str
    profile: str
    gpus: tuple[str, ...]
    memory: int = 0
    ends: datetime | None = None
    has_run: bool = True


def reconcile(
    book: Book, found: Iterable[Found], now: datetime, *, grace: timedelta = timedelta(0)
) -> Change:
    """
    Make the book true: no share is lost and none is held twice, wherever a crash was.

    - A lease whose server is nowhere is over, unless it is younger than *grace*: its server may
      be in the making.
    - A lease whose server was made and not started goes on: the start may be under way.
    - A server with a lease that the book does not know is taken into the book if its GPU has room
      for it; otherwise it is a stray, to be stopped. One that has not been started holds nothing,
      and nobody starts it any more: it is neither.
    - A server on other GPUs than its lease's is a stray. Its lease stays until it is gone.

    Asked again, it changes nothing.
    """
    draft = Draft(book, now)
    servers = [*found]
    here = {each.lease for each in servers}
    for lease in book.leases.values():
        if lease.id not in here and now - lease.start >= grace:
            draft.end_lease(lease, lease.ending or Why.SERVER_GONE)
    for each in servers:
        lease_or_none = draft.leases.get(each.lease)
        if lease_or_none is None and each.has_run:
            _take_in(draft, each)
        elif lease_or_none is None:
            continue
        elif each.gpus != (lease_or_none.gpu,):
            draft.tell(StrayServer(each.server, each.person, each.lease))
    settle(draft)
    if all(isinstance(event, StrayServer) for event in draft.events):
        return Change(book, DONE, tuple(draft.events))
    return draft.close()


def _take_in(draft: Draft, found: Found) -> None:
    """A lease for a server that runs without one, where there is room; else it is a stray."""
    gpu = draft.gpus.get(found.gpus[0]) if len(found.gpus) == 1 else None
    wish = Wish(found.memory, whole=not found.memory)
    memory = wish.on(gpu) if gpu else 0
    ends = max(found.ends or draft.now, draft.now + draft.rules.notices[-1])
    taken = (found.person, found.server) in draft.index.servers
    if (
        gpu is None
        or not memory
        or not found.lease
        or taken
        or found.lease in draft.claims
        or free_until(draft.index, gpu, memory, draft.now, ends, now=draft.now) < ends
    ):
        draft.tell(StrayServer(found.server, found.person, found.lease))
        return
    lease = Lease(
        id=found.lease,
        person=found.person,
        server=found.server,
        course=found.course,
        profile=found.profile,
        wish=wish,
        length=ends - draft.now,
        gpu=gpu.uuid,
        memory=memory,
        start=draft.now,
        ends=ends,
        source=Source.FOUND,
    )
    draft.put_lease(lease)
    draft.tell(LeaseGranted(lease))
