"""Going on with a GPU: while nobody waits for it, and the course's allowance is not used up."""

from __future__ import annotations

from crepre_hub.decisions import Answer, Refused
from crepre_hub.desk.lending import LEAST, LendingDesk
from crepre_hub.gpu import lending
from crepre_hub.gpu.allowance import Allowance, may_claim


def renew(desk: LendingDesk, lease: str, allowance: Allowance) -> Answer:
    """Begin the time of *lease* anew, or say why not."""
    return _refused(desk, lease, allowance) or desk.renew(lease)


def try_renew(desk: LendingDesk, lease: str, allowance: Allowance) -> Answer:
    """What ``renew`` would say; nothing is written."""
    refused = _refused(desk, lease, allowance)
    return refused or desk.try_out(lambda book, now: lending.renew(book, lease, now)).answer


def _refused(desk: LendingDesk, name: str, allowance: Allowance) -> Refused | None:
    """Why the week has no time left for more of the lease; None if it has, or there is none."""
    lease = desk.book().leases.get(name)
    if lease is None or allowance.week is None:
        return None
    rest = desk.left_of(lease.person, lease.course, allowance) or allowance.week * 0
    counted, least = allowance.week - rest, min(LEAST, lease.length)
    # A lesson's place is held to the lesson's end: to go on is to go beyond it.
    answer = may_claim(allowance, counted, lease.wish, least=least, in_lesson=False)
    return answer if isinstance(answer, Refused) else None
