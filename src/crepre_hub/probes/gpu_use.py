"""Who uses the GPUs at this moment, and how much, as NVML says."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pynvml
from pynvml import NVMLError

from crepre_hub.gpu.troubles import Trouble
from crepre_hub.probes.cgroups import PROC, container_of
from crepre_hub.probes.nvml import ABSENT, UNSAID, opened, trouble
from crepre_hub.probes.processes import name_of
from crepre_hub.settings.gpus import GpusSection

MPS_SERVER = "nvidia-cuda-mps-server"[:15]
"""What the kernel calls the process through which clients of NVIDIA's MPS compute."""


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """
    A process on a GPU.

    Attributes:
        gpu: UUID of the GPU, or of the slice.
        pid: On the host, also for one in a container.
        memory_bytes: What it holds there; None where the driver does not tell.
        busy_percent: Largest share of the multiprocessors' time in the last samples; None where
            the driver has no sample.
        container: Id of its container, or of its server where that is in none; empty for a
            process of the host.
        name: What the program is called; empty where it has ended meanwhile, or is hidden.
        only_draws: As the machine's display does, and computes nothing.
    """

    gpu: str
    pid: int
    memory_bytes: int | None = None
    busy_percent: int | None = None
    container: str = ""
    name: str = ""
    only_draws: bool = False


@dataclass(frozen=True, slots=True)
class GpuLoad:
    """
    How much of a GPU is in use.

    Attributes:
        used_bytes: Of its memory, by all processes together and by the driver itself.
        busy_percent: Share of the last moment in which it did something; None for a MIG slice,
            which the driver does not measure.
    """

    gpu: str
    used_bytes: int
    busy_percent: int | None = None


@dataclass(frozen=True, slots=True)
class GpuSample:
    """Everything about the GPUs' use at one moment."""

    loads: tuple[GpuLoad, ...] = ()
    processes: tuple[GpuProcess, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def sample_of(section: GpusSection, uuids: Iterable[str]) -> GpuSample:
    """
    Who uses the GPUs of a lab; empty where they are listed and nobody can say.

    With MPS, what its own processes hold is their clients'.
    """
    if section.found_by == "list":
        return GpuSample()
    sample = sample_gpus(uuids)
    return _without_mps(sample) if section.cap == "mps" else sample


def sample_gpus(uuids: Iterable[str], *, since_us: int = 0, proc: Path = PROC) -> GpuSample:
    """
    Ask NVML about the GPUs named *uuids*; a failing one is among the troubles, the others stay.

    Args:
        since_us: Only samples of processes' load after this moment count, in microseconds since
            1970; 0 for all that the driver keeps, some seconds.
    """
    loads, processes, troubles = [], [], []
    try:
        with opened():
            for uuid in uuids:
                try:
                    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
                    loads.append(_load(uuid, handle))
                    processes += _processes(uuid, handle, since_us, proc)
                except NVMLError as error:
                    troubles.append(trouble(error, uuid))
    except NVMLError as error:
        troubles += [] if error.value in ABSENT else [trouble(error)]
    return GpuSample(tuple(loads), tuple(processes), tuple(troubles))


def with_servers(sample: GpuSample, server_of: Callable[[int], str]) -> GpuSample:
    """*sample*, with the servers of processes that are in no container."""
    processes = (
        each if each.container else replace(each, container=server_of(each.pid))
        for each in sample.processes
    )
    return replace(sample, processes=tuple(processes))


def _without_mps(sample: GpuSample) -> GpuSample:
    kept = (each for each in sample.processes if each.container or each.name != MPS_SERVER)
    return replace(sample, processes=tuple(kept))


def from_outside(sample: GpuSample, servers: Container[str]) -> tuple[GpuProcess, ...]:
    """Processes of none of *servers*; one of which the kernel tells nothing is nobody's."""
    return tuple(each for each in sample.processes if each.name and each.container not in servers)


def held_outside(sample: GpuSample, servers: Container[str]) -> dict[str, int]:
    """Bytes of each GPU that processes of none of *servers* hold."""
    held: dict[str, int] = {}
    for each in from_outside(sample, servers):
        held[each.gpu] = held.get(each.gpu, 0) + (each.memory_bytes or 0)
    return held


def _load(uuid: str, handle: Any) -> GpuLoad:
    used = int(pynvml.nvmlDeviceGetMemoryInfo(handle).used)
    rates = _unless_unsaid(None, pynvml.nvmlDeviceGetUtilizationRates, handle)
    return GpuLoad(uuid, used, None if rates is None else int(rates.gpu))


def _processes(uuid: str, handle: Any, since_us: int, proc: Path) -> list[GpuProcess]:
    computing, drawing = _held(handle, *COMPUTING), _held(handle, *DRAWING)
    busy = _busy(handle, since_us)
    return [
        GpuProcess(
            uuid,
            pid,
            computing.get(pid) or drawing.get(pid),
            busy.get(pid),
            container_of(pid, proc),
            name_of(pid, proc),
            only_draws=pid not in computing,
        )
        for pid in sorted({*computing, *drawing})
    ]


COMPUTING = (
    "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v3",
)  # fmt: skip
DRAWING = ("nvmlDeviceGetGraphicsRunningProcesses_v3",)
"""
The driver's lists; one process may be in several, in each with all that it holds.

They are asked for by their versions: without, the bindings answer an older driver with another
exception.
"""


def _held(handle: Any, *lists: str) -> Mapping[int, int | None]:
    """Bytes that each process in *lists* holds; None where the driver does not tell."""
    held: dict[int, int | None] = {}
    for name in lists:
        for each in _unless_unsaid((), getattr(pynvml, name), handle):
            held[each.pid] = each.usedGpuMemory or held.get(each.pid)
    return held


def _busy(handle: Any, since_us: int) -> Mapping[int, int]:
    """The largest load of each process in the samples since then, in percent."""
    busy: dict[int, int] = {}
    for each in _unless_unsaid((), pynvml.nvmlDeviceGetProcessUtilization, handle, since_us):
        busy[each.pid] = max(busy.get(each.pid, 0), int(each.smUtil))
    return busy


def _unless_unsaid(otherwise: Any, ask: Callable[..., Any], *words: Any) -> Any:
    """What *ask* answers; *otherwise* where this card or driver has no such figure."""
    try:
        return ask(*words)
    except NVMLError as error:
        if error.value in UNSAID:
            return otherwise
        raise
