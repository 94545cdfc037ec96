"""GPUs that are held, do nothing, and are missed by others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Lease, Why
from crepre_hub.gpu.draft import DONE, Change, Draft
from crepre_hub.gpu.events import IdleNotice
from crepre_hub.gpu.line import settle


def end_idle(book: Book, idle_since: Mapping[str, datetime], now: datetime) -> Change:
    """
    Tell, and later end, leases whose GPU has done nothing while others wait for it.

    Never by idleness alone: where nobody waits who could use the GPU, and in a lesson, nothing
    happens. Work that begins after the notice, or a line that becomes empty, takes it back.

    Args:
        book: As it is.
        idle_since: Since when each lease, by id, has used its GPU in no sample; leases that are
            at work are not in it.
        now: When.
    """
    looked_at = [
        lease
        for lease in book.leases.values()
        if lease.ending is None and (lease.id in idle_since or lease.idle_told is not None)
    ]
    told = {lease.id: _told(book, lease, idle_since, now) for lease in looked_at}
    changed = [lease for lease in looked_at if told[lease.id] != lease.idle_told]
    ending = [
        lease
        for lease in looked_at
        if lease not in changed and _has_had_its_grace(book, lease, now)
    ]
    if not changed and not ending:
        return Change(book, DONE)
    draft = Draft(book, now)
    for lease in changed:
        after = lease._replace(idle_told=told[lease.id])
        draft.put_lease(after)
        if after.idle_told is not None:
            draft.tell(IdleNotice(after))
    for lease in ending:
        draft.stop(lease, Why.IDLE)
    settle(draft)
    return draft.close()


def _told(
    book: Book, lease: Lease, idle_since: Mapping[str, datetime], now: datetime
) -> datetime | None:
    """When its holder was told, as it should be from now on; None if there is nothing to tell."""
    since = idle_since.get(lease.id)
    if since is None:
        return None
    since = max(since, lease.start, lease.lesson_until or lease.start)  # a lesson is no idle time
    was_told = lease.idle_told is not None and since <= lease.idle_told
    if not was_told and now - since < book.rules.idle:
        return None
    if not _is_missed(book, lease):
        return None
    return lease.idle_told if was_told else now


def _has_had_its_grace(book: Book, lease: Lease, now: datetime) -> bool:
    return lease.idle_told is not None and now - lease.idle_told >= book.rules.idle_grace


def _is_missed(book: Book, lease: Lease) -> bool:
    gpu = book.gpus.get(lease.gpu)
    return gpu is not None and gpu.is_lent and any(kind.wish.on(gpu) for kind in book.index.lines)
