"""Who uses the GPUs at this moment, and how much, as NVML says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pynvml
from pynvml import NVMLError

from crepre_hub.gpu.troubles import Trouble
from crepre_hub.probes.cgroups import PROC, container_of
from crepre_hub.probes.nvml import ABSENT, UNSAID, opened, trouble


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
        container: Id of its container; empty for a process of the host.
    """

    gpu: str
    pid: int
    memory_bytes: int | None = None
    busy_percent: int | None = None
    container: str = ""


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


def _load(uuid: str, handle: Any) -> GpuLoad:
    used = int(pynvml.nvmlDeviceGetMemoryInfo(handle).used)
    rates = _unless_unsaid(None, pynvml.nvmlDeviceGetUtilizationRates, handle)
    return GpuLoad(uuid, used, None if rates is None else int(rates.gpu))


def _processes(uuid: str, handle: Any, since_us: int, proc: Path) -> list[GpuProcess]:
    held, busy = _held(handle), _busy(handle, since_us)
    return [
        GpuProcess(uuid, pid, held[pid], busy.get(pid), container_of(pid, proc))
        for pid in sorted(held)
    ]


def _held(handle: Any) -> Mapping[int, int | None]:
    """
    Bytes that each process holds; None where the driver does not tell.

    One process may be in two of the driver's lists, in each with all that it holds. They are asked
    for by their versions: without, the bindings answer an older driver with another exception.
    """
    held: dict[int, int | None] = {}
    for ask in (
        pynvml.nvmlDeviceGetComputeRunningProcesses_v3,
        pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3,
        pynvml.nvmlDeviceGetMPSComputeRunningProcesses_v3,
    ):
        for each in _unless_unsaid((), ask, handle):
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
