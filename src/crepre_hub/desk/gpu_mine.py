"""How one person stands at the GPU desk, worked out of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.decisions import Granted
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.park import NO_ALLOWANCE
from crepre_hub.desk.renewing import try_renew, week_left
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.claims import Lease, Why
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.outlook import WaitingView
from crepre_hub.gpu.usage import Used
from crepre_hub.sentences import say

LONG_AGO = timedelta(hours=12)
"""A lease that ended before that is of no interest any more."""


@dataclass(frozen=True, slots=True)
class Mine:
    """
    How one person stands at the GPU desk.

    Attributes:
        lease: What the person's server holds; None for nothing.
        gpu: The lease's.
        view: Of the person's claim; None without one.
        why_no_renewal: Empty where one click renews the lease.
        last: The last lease, if it ended not long ago and not by the person's own doing.
        left: Of the week, in the course of lease or claim; None for no bound.
    """

    lease: Lease | None = None
    gpu: Gpu | None = None
    view: WaitingView | None = None
    why_no_renewal: str = ""
    last: Used | None = None
    left: timedelta | None = None


def mine(
    desk: LendingDesk,
    person: str,
    allowance_of: Callable[[str], Allowance] = lambda course: NO_ALLOWANCE,
) -> Mine:
    """
    How *person* stands.

    Args:
        allowance_of: What a course permits each person, by its id.
    """
    book, now = desk.book(), desk.now
    lease = next(iter(book.leases_of(person)), None)
    claim = book.claim_of(person)
    held = lease or claim
    if held is None:
        return Mine(last=_last(desk, person, now))
    return Mine(
        lease,
        book.gpus.get(lease.gpu) if lease else None,
        desk.outlook().get(claim.id) if claim else None,
        why_no_renewal(desk, lease, allowance_of(lease.course)) if lease else "",
        left=week_left(desk, person, held.course, allowance_of(held.course)),
    )


def _last(desk: LendingDesk, person: str, now: datetime) -> Used | None:
    last = desk.last_of(person)
    if last is None or last.why is Why.GIVEN_BACK or now - last.end > LONG_AGO:
        return None
    return last


def why_no_renewal(desk: LendingDesk, lease: Lease, allowance: Allowance) -> str:
    """Empty where one click renews *lease*."""
    answer = try_renew(desk, lease.id, allowance)
    return "" if isinstance(answer, Granted) else getattr(answer, "message", "")


ENDED = {
    Why.TIME_IS_UP: say("Your time on the GPU was over, so your server was stopped."),
    Why.IDLE: say("Your GPU had done nothing while others waited, so your server was stopped."),
    Why.ADMIN: say("The lab's admin ended your time on the GPU."),
    Why.WATCHDOG: say("Your server took more of the GPU than it had, so it was stopped."),
    Why.GPU_LOST: say("Your GPU has failed."),
    Why.SERVER_GONE: say("Your server with a GPU has ended."),
}
"""What somebody reads whose lease has ended, by why."""
