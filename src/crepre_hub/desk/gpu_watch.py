"""Which leases do nothing with their GPU, by samples of NVML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Lease
from crepre_hub.probes.gpu_use import GpuSample


def idle_since(
    book: Book,
    sample: GpuSample,
    lease_in: Mapping[str, str],
    before: Mapping[str, datetime],
    now: datetime,
) -> dict[str, datetime]:
    """
    Since when each lease has been seen doing nothing; those at work are not in it.

    Where nobody can say what a lease does, it is at work.

    Args:
        book: As it is.
        sample: Of this moment.
        lease_in: The lease of each container.
        before: What was answered to the sample before.
    """
    idle = (
        lease.id for lease in book.leases.values() if _does_nothing(lease, sample, lease_in, book)
    )
    return {name: before.get(name, now) for name in idle}


def _does_nothing(lease: Lease, sample: GpuSample, lease_in: Mapping[str, str], book: Book) -> bool:
    load = next((each for each in sample.loads if each.gpu == lease.gpu), None)
    gpu = book.gpus.get(lease.gpu)
    if load is None or gpu is None:
        return False  # nobody has looked
    if load.busy_percent == 0:
        return True
    if lease.memory >= gpu.memory and load.busy_percent is not None:
        return False
    here = [each for each in sample.processes if each.gpu == lease.gpu]
    mine = [each for each in here if lease_in.get(each.container) == lease.id]
    if mine:
        return all(each.busy_percent == 0 for each in mine)
    if any(each.busy_percent != 0 for each in here if each.container not in lease_in):
        return False  # it may be the lease's: nobody can say whose it is
    return load.busy_percent is None or any(each.busy_percent for each in here)
