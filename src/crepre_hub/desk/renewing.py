"""What is left of a week's time on GPUs, and going on with one while there is some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from crepre_hub.decisions import Answer, Refused
from crepre_hub.desk.lending import LEAST, LendingDesk
from crepre_hub.gpu import lending
from crepre_hub.gpu.allowance import Allowance, may_claim
from crepre_hub.gpu.lending import NO_LEASE


def renew(desk: LendingDesk, lease: str, allowance: Allowance) -> Answer:
    """Begin the time of *lease* anew, or say why not."""
    return _refused(desk, lease, allowance) or desk.renew(lease)


def renew_own(desk: LendingDesk, person: str, allowance_of: Callable[[str], Allowance]) -> Answer:
    """
    Begin the time of what *person* has anew, or say why not.

    Args:
        allowance_of: What a course permits each person, by its id.
    """
    lease = next(iter(desk.book().leases_of(person)), None)
    if lease is None:
        return NO_LEASE
    return renew(desk, lease.id, allowance_of(lease.course))


def try_renew(desk: LendingDesk, lease: str, allowance: Allowance) -> Answer:
    """What ``renew`` would say; nothing is written."""
    refused = _refused(desk, lease, allowance)
    return refused or desk.try_out(lambda book, now: lending.renew(book, lease, now)).answer


def week_left(
    desk: LendingDesk, person: str, course: str, allowance: Allowance
) -> timedelta | None:
    """Time on a whole GPU that *person* has left in *course* this week; None for no bound."""
    return None if allowance.week is None else desk.left_of(person, course, allowance)


def _refused(desk: LendingDesk, name: str, allowance: Allowance) -> Refused | None:
    """Why the week has no time left for more of the lease; None if it has, or there is none."""
    lease = desk.book().leases.get(name)
    if lease is None or allowance.week is None:
        return None
    rest = week_left(desk, lease.person, lease.course, allowance) or timedelta(0)
    counted, least = allowance.week - rest, min(LEAST, lease.length)
    # A lesson's place is held to the lesson's end: to go on is to go beyond it.
    answer = may_claim(allowance, counted, lease.wish, least=least, in_lesson=False)
    return answer if isinstance(answer, Refused) else None
