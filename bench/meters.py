"""
What work and memory something took, as the kernel counts it.

Everything is read from ``/proc`` and the cgroup file system, version 1 or 2.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MiB = 1024**2


@dataclass(frozen=True, slots=True)
class MachineTime:
    """CPU-seconds of the whole machine since it started: ``/proc/stat``, first line."""

    busy: float
    steal: float

    def __sub__(self, earlier: MachineTime) -> MachineTime:
        return MachineTime(self.busy - earlier.busy, self.steal - earlier.steal)


def machine_time() -> MachineTime:
    """
    Until now.

    Source: https://man7.org/linux/man-pages/man5/proc_stat.5.html
    """
    words = (PROC / "stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, words)
    busy = user + nice + system + irq + softirq
    return MachineTime(busy / TICKS_PER_SECOND, steal / TICKS_PER_SECOND)


# --- processes


def tree(roots: Iterable[int]) -> set[int]:
    """*roots* and all their descendants that are alive."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found and (PROC / str(pid)).exists():
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def named(name: str) -> set[int]:
    """Processes whose program is called *name*."""
    return {pid for pid, _ in _parents() if _text(PROC / str(pid) / "comm").strip() == name}


def cpu_seconds(pids: Iterable[int]) -> float:
    """
    Of *pids* and of their children that have ended, since each began.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (fields 14 to 17)
    """
    ticks = 0
    for pid in pids:
        fields = _stat_fields(pid)
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS_PER_SECOND


def memory_pss_mib(pids: Iterable[int]) -> float:
    """Of *pids*; a page that several processes share counts for each by its share."""
    kib = 0
    for pid in pids:
        for line in _text(PROC / str(pid) / "smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat_fields(int(folder.name))):
            yield int(folder.name), int(fields[1])


def _stat_fields(pid: int) -> list[str]:
    """Fields from the third on; the second, the program's name, may hold anything."""
    return _text(PROC / str(pid) / "stat").rpartition(")")[2].split()


def _text(path: Path) -> str:
    """Empty for a process that has ended meanwhile."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


# --- containers


def container_cpu_seconds(pid: int) -> float:
    """Of everything in the container whose first process is *pid*, since it started."""
    if (folder := _cgroup(pid, "cpuacct")) is not None:
        return int((folder / "cpuacct.usage").read_text()) / 1e9
    return _fields(_unified(pid) / "cpu.stat")["usage_usec"] / 1e6


def container_memory_mib(pid: int) -> float:
    """
    What the container uses less the files that the kernel keeps in memory for it.

    Files are given up when memory is short, but those in a ``tmpfs`` are not and stay counted.
    """
    if (folder := _cgroup(pid, "memory")) is not None:
        fields = _fields(folder / "memory.stat")
        used = int((folder / "memory.usage_in_bytes").read_text())
        return (used - fields["total_cache"] + fields.get("total_shmem", 0)) / MiB
    folder = _unified(pid)
    fields = _fields(folder / "memory.stat")
    used = int((folder / "memory.current").read_text())
    return (used - fields["file"] + fields["shmem"]) / MiB


def _cgroup(pid: int, controller: str) -> Path | None:
    """The folder of *controller* in version 1; None where the kernel has it in version 2."""
    for line in (PROC / str(pid) / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return CGROUPS / controller / path.lstrip("/")
    return None


def _unified(pid: int) -> Path:
    last = (PROC / str(pid) / "cgroup").read_text().splitlines()[-1]
    return CGROUPS / last.split(":", 2)[2].lstrip("/")


def _fields(path: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, path.read_text().splitlines())}
