"""GPUs that come, go, fail, and are taken out of service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.draft import DONE, Change, Draft
from crepre_hub.gpu.events import GpuChanged, GpuTrouble, OfferWithdrawn
from crepre_hub.gpu.gpus import NOT_FOUND, Gpu, Health
from crepre_hub.gpu.line import settle
from crepre_hub.gpu.moving import place_again
from crepre_hub.sentences import say

NONE: Mapping[str, str] = {}


def inventory(
    book: Book, found: Iterable[Gpu], now: datetime, troubles: Mapping[str, str] = NONE
) -> Change:
    """
    What the machine says it has, all of it: those that are not in *found* are missing.

    Asked again with the same GPUs, it changes nothing. What an admin drained stays drained.

    Args:
        troubles: What the machine says of those that it cannot use, by UUID; with an empty one,
            of some that it cannot tell apart.
    """
    here = {gpu.uuid: gpu for gpu in found}
    after = [
        replace(gpu, drained=book.gpus[gpu.uuid].drained) if gpu.uuid in book.gpus else gpu
        for gpu in here.values()
    ]
    unnamed = troubles.get("") or NOT_FOUND
    after += [
        replace(gpu, health=Health.MISSING, trouble=troubles.get(uuid) or unnamed)
        for uuid, gpu in book.gpus.items()
        if uuid not in here
    ]
    return _with(book, after, now)


def gpu_gone(book: Book, uuid: str, trouble: str, now: datetime) -> Change:
    """A GPU has failed and is not lent until ``gpu_seen`` says that it is well."""
    gpu = book.gpus.get(uuid)
    if gpu is None:
        return Change(book, _unknown(uuid))
    return _with(book, [replace(gpu, health=Health.FAILED, trouble=trouble)], now)


def gpu_seen(book: Book, gpu: Gpu, now: datetime) -> Change:
    """A GPU is there: a new one, or one that is back."""
    before = book.gpus.get(gpu.uuid)
    return _with(book, [replace(gpu, drained=before.drained) if before else gpu], now)


def drain(book: Book, uuid: str, reason: str, now: datetime) -> Change:
    """Lend it no more; leases run on to their end. An empty *reason* puts it into service."""
    gpu = book.gpus.get(uuid)
    if gpu is None:
        return Change(book, _unknown(uuid))
    return _with(book, [replace(gpu, drained=reason)], now)


def _unknown(uuid: str) -> Refused:
    return Refused(
        "no-such-gpu",
        say("The lab has no GPU %(gpu)s.", gpu=uuid),
        say("crepre gpu board lists them."),
    )


def _with(book: Book, gpus: Iterable[Gpu], now: datetime) -> Change:
    changed = [gpu for gpu in gpus if book.gpus.get(gpu.uuid) != gpu]
    if not changed:
        return Change(book, DONE)
    draft = Draft(book, now)
    for gpu in changed:
        draft.put_gpu(gpu)
        draft.tell(GpuChanged(gpu))
        if not gpu.is_lent:
            _leave_market(draft, gpu)
    place_again(draft)
    settle(draft)
    return draft.close(Granted("gpus-changed"))


def _leave_market(draft: Draft, gpu: Gpu) -> None:
    """Offers on it are undone; who holds it is told of trouble."""
    for hold in draft.index.holds.get(gpu.uuid, ()):
        if (claim := draft.claims.get(hold.id)) is not None:
            draft.tell(OfferWithdrawn(draft.without_offer(claim)))
        elif gpu.health is not Health.PRESENT:
            draft.tell(GpuTrouble(draft.leases[hold.id], gpu))
