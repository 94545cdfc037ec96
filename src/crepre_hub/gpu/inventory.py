"""GPUs that come, go, fail, and are taken out of service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.draft import DONE, Change, Draft
from crepre_hub.gpu.events import GpuChanged, GpuTrouble, OfferWithdrawn
from crepre_hub.gpu.gpus import Gpu, Health
from crepre_hub.gpu.line import settle
from crepre_hub.gpu.moving import place_again
from crepre_hub.gpu.troubles import FORGET, NOT_FOUND, Trouble
from crepre_hub.sentences import say


def inventory(
    book: Book, found: Iterable[Gpu], now: datetime, troubles: Iterable[Trouble] = ()
) -> Change:
    """
    What the machine says it has, all of it: those that are not in *found* have failed or are gone.

    Asked again with the same GPUs, it changes nothing. What an admin drained stays drained.

    Args:
        troubles: What fails. One that names no GPU, since NVML could not say which, is that of
            those known ones which are not found and were there, or failing, before; if all that
            are not found were missing before, of those.
    """
    here, said = {gpu.uuid: gpu for gpu in found}, tuple(troubles)
    after = [
        replace(gpu, drained=book.gpus[gpu.uuid].drained) if gpu.uuid in book.gpus else gpu
        for gpu in here.values()
    ]
    absent = [gpu for uuid, gpu in book.gpus.items() if uuid not in here]
    new = [gpu for gpu in absent if gpu.health is not Health.MISSING] or absent
    after += [_lost(gpu, said, may_be_any=gpu in new) for gpu in absent]
    return _with(book, after, now)


def _lost(gpu: Gpu, troubles: tuple[Trouble, ...], *, may_be_any: bool) -> Gpu:
    """The GPU that was not found, with why."""
    mine = [each for each in troubles if each.gpu in (gpu.uuid, gpu.parent or gpu.uuid)]
    unnamed = [each for each in troubles if each.may_be_any and (may_be_any or not each.gpu)]
    for each in mine or unnamed:
        return replace(gpu, health=Health.FAILED, trouble=each.text, remedy=each.remedy)
    remedy = FORGET.replace("<its UUID>", gpu.uuid)
    return replace(gpu, health=Health.MISSING, trouble=NOT_FOUND, remedy=remedy)


def forget(book: Book, uuid: str, now: datetime) -> Change:
    """A GPU that was taken out of the machine for good is in the book no more."""
    gpu = book.gpus.get(uuid)
    if gpu is None:
        return Change(book, _unknown(uuid))
    if gpu.health is Health.PRESENT:
        there = say("The machine still has this GPU.")
        return Change(book, Refused("gpu-there", there, say("To lend it no more, drain it.")))
    if book.leases_on(uuid):
        lent = say("Somebody's server still holds this GPU.")
        return Change(book, Refused("gpu-lent", lent, say("End its leases first.")))
    draft = Draft(book, now)
    place_again(draft)
    draft.drop_gpu(gpu)
    settle(draft)
    return draft.close(Granted("gpu-forgotten"))


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
