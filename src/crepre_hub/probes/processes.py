"""
What the kernel tells of this machine's processes, also of those in containers.

Source: proc_pid_stat(5), proc_pid_cmdline(5), proc_pid_comm(5).
"""

from __future__ import annotations

import pwd
import re
from collections.abc import Iterator
from pathlib import Path

from crepre_hub.probes.cgroups import PROC

_CONNECTION = re.compile(r"kernel-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")
"""
The file by which a kernel is reached; Jupyter hands it to the kernel and names it by its id.

Source: ``jupyter_client/multikernelmanager.py``, ``pre_start_kernel``.
"""


def line_of(pid: int, proc: Path = PROC) -> Iterator[int]:
    """*pid*, and who started it, and who started that, up to the first process of all."""
    while pid > 0:
        yield pid
        pid = _parent_of(pid, proc)


def kernel_of(pid: int, proc: Path = PROC) -> str:
    """Id of the Jupyter kernel that *pid* is, or was started by; empty for none."""
    for each in line_of(pid, proc):
        found = _CONNECTION.search(_read(proc / str(each) / "cmdline"))
        if found:
            return found[1]
    return ""


def name_of(pid: int, proc: Path = PROC) -> str:
    """What the program is called, in 15 letters at most; empty where it ended or is hidden."""
    return _read(proc / str(pid) / "comm").strip()


def owner_of(pid: int, proc: Path = PROC) -> str:
    """Name of the account that it runs as, or its number; empty where it ended."""
    try:
        number = (proc / str(pid)).stat().st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _parent_of(pid: int, proc: Path) -> int:
    fields = _read(proc / str(pid) / "stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
