"""What each server, and each process from outside the lab, holds of a GPU, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crepre_hub.backends.backend import Found
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.given import Cap
from crepre_hub.gpu.watchdog import Breach, breach_of
from crepre_hub.probes.gpu_use import GpuProcess, GpuSample, from_outside

SLACK = 256 * 1024**2
"""
So many bytes over a share are no breach.

What CUDA itself takes of a process differs from card to card, and is more than what frameworks are
told to leave for it on some of them (``gpu.defaults``). Nobody is blamed for having kept to that.
"""


@dataclass(frozen=True, slots=True)
class Party:
    """
    One server, or one process from outside the lab, on one GPU.

    Attributes:
        processes: All that it has there.
        server: None for a process from outside.
        lent: Bytes of this GPU that its server may hold; 0 for none.
        breach: What is wrong; None where nothing is, or where it is being ended for it already.
    """

    gpu: str
    processes: tuple[GpuProcess, ...]
    server: Found | None = None
    lent: int = 0
    breach: Breach | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The same at each look."""
        who = self.server.id if self.server else f"process {self.processes[0].pid}"
        return (who, self.gpu)

    @property
    def used(self) -> int:
        """Bytes, of those processes of which the driver tells."""
        return sum(each.memory_bytes or 0 for each in self.processes)


def parties(sample: GpuSample, found: Iterable[Found], book: Book) -> tuple[Party, ...]:
    """
    Everybody on each GPU; memory is added up for each server.

    Args:
        sample: Of this moment, as ``with_servers`` returns it.
        found: Every server, asked for after the sample was taken.
        book: As it is.
    """
    servers = {each.id: each for each in found}
    mine: dict[tuple[str, str], list[GpuProcess]] = {}
    for each in sample.processes:
        if each.container in servers:
            mine.setdefault((each.container, each.gpu), []).append(each)
    own = (_own(servers[name], gpu, tuple(held), book) for (name, gpu), held in mine.items())
    outside = from_outside(sample, servers)
    return (*own, *(Party(each.gpu, (each,), breach=_foreign(each, book)) for each in outside))


def _foreign(process: GpuProcess, book: Book) -> Breach | None:
    """A GPU that is out of service may be used by whom the admin likes."""
    gpu = book.gpus.get(process.gpu)
    return Breach.OUTSIDE if gpu is not None and gpu.is_lent else None


def _own(server: Found, gpu: str, processes: tuple[GpuProcess, ...], book: Book) -> Party:
    given = server.gpu
    holds_gpu = given is not None and given.uuid == gpu
    party = Party(gpu, processes, server, given.share if given and holds_gpu else 0)
    lease = book.leases.get(given.lease) if given else None
    if lease is not None and lease.ending is not None:
        return party
    cap = _cap(server) if holds_gpu else None
    breach = breach_of(used=party.used, cap=cap, holds_gpu=holds_gpu, of_lab=True)
    return Party(gpu, processes, server, party.lent, breach)


def _cap(server: Found) -> int | None:
    """Above it something has to be done; None where the driver sees to it, or nothing has to."""
    given = server.gpu
    if given is None or given.share >= given.memory or given.cap is Cap.DRIVER:
        return None
    return given.share + SLACK
