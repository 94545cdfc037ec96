"""
From a process to its container, by the control groups that the kernel says it is in.

Source: cgroups(7), section "/proc files".
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

_CONTAINER = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def container_in(text: str) -> str:
    """
    Id of the container that a process is in; empty for one that is in none.

    Where a container runs containers of its own, that is the outermost: the one that this
    machine's engine knows.

    Args:
        text: What ``/proc/<pid>/cgroup`` holds, whichever version the control groups have.
    """
    found = (_CONTAINER.search(line.split(":", 2)[-1]) for line in text.splitlines())
    return next((each[0] for each in found if each), "")


def unified_in(text: str) -> PurePosixPath | None:
    """The path below the version 2 hierarchy in *text*, as above; None where there is none."""
    lines = (line.removeprefix("0::/") for line in text.splitlines() if line.startswith("0::/"))
    return next((PurePosixPath(line) for line in lines), None)


def container_of(pid: int, proc: Path = PROC) -> str:
    """As ``container_in``, of a process of this machine; empty where it has ended."""
    return container_in(_cgroup_file(pid, proc))


def leaf_of(pid: int, proc: Path = PROC, root: Path = CGROUPS) -> Path | None:
    """
    The folder of the control group that *pid* is in; None without version 2, or once it ended.

    On hybrid machines, where version 2 lies beside version 1 and controls nothing, there is none.
    """
    path = unified_in(_cgroup_file(pid, proc))
    has_unified = (root / "cgroup.controllers").exists()
    return root / path if path is not None and has_unified else None


def _cgroup_file(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "cgroup").read_text()
    except OSError:
        return ""
