"""
The driver's own limit on how much of a GPU's memory a control group may hold.

It is hard: an allocation above it fails as on a smaller card, for every program and library, and
nothing in a container can change it. Not counted is managed memory (``cudaMallocManaged``).

Whether a machine has it is learned by setting one: drivers before R615 have no such function, and
asking for a limit where none was set is refused also where setting one works.

Source: "Memory Partitioning" in https://docs.nvidia.com/deploy/mps/ (release 615)
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pynvml
from pynvml import NVMLError

from crepre_hub.errors import GpuNotGiven
from crepre_hub.probes.cgroups import CGROUPS, leaf_of
from crepre_hub.probes.nvml import ABSENT, opened

FIRST_DRIVER = 615
ANOTHER_CAP = 'Or do without: put cap = "cooperative" under [gpus] in lab.toml.'


def limit_memory(pid: int, uuid: str, share_bytes: int) -> None:
    """
    Let all of *pid*'s container together hold *share_bytes* on *uuid*, and never more.

    Raises:
        GpuNotGiven: If the limit could not be set.
    """
    leaf = leaf_of(pid)
    if leaf is None:
        text = "The memory of a GPU cannot be limited: the machine has no control groups version 2."
        raise GpuNotGiven(text, remedy=ANOTHER_CAP)
    try:
        with opened():
            _set(uuid, leaf, share_bytes)
    except NVMLError as error:
        text = f"The driver did not limit the memory of {uuid}: {error}."
        raise GpuNotGiven(text, remedy=f"crepre doctor. {ANOTHER_CAP}") from error


def why_no_limits(uuid: str, card_bytes: int, root: Path = CGROUPS) -> str:
    """
    Why this machine cannot limit the memory of *uuid*, in one sentence; empty where it can.

    Tries it on a control group of its own, which is empty and gone at the end.
    """
    if not (root / "cgroup.controllers").exists():
        return "the machine has no control groups version 2"
    try:
        with _scratch_group(root) as group, opened():
            _set(uuid, group, card_bytes)
    except OSError as error:
        return f"this account may make no control group ({error.strerror})"
    except NVMLError as error:
        if error.value in ABSENT:
            return "NVIDIA's driver cannot be asked"
        if error.value == pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            return f"the driver is older than R{FIRST_DRIVER}"
        return f"the driver refused ({error})"
    return ""


def _set(uuid: str, group: Path, share_bytes: int) -> None:
    """Nothing is kept free for the group (``softLimit``): that would take it from the others."""
    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    limits = pynvml.c_nvmlSetMemoryLimits_v1_t()
    limits.nameSpace = os.fsencode(group)
    limits.softLimit = 0
    limits.hardLimit = share_bytes
    pynvml.nvmlDeviceSetMemoryLimits_v1(handle, limits)


@contextmanager
def _scratch_group(root: Path) -> Iterator[Path]:
    # Another one each time: the doctor may try as well just now, in the same process.
    group = Path(tempfile.mkdtemp(prefix="crepre-", dir=root))
    try:
        yield group
    finally:
        group.rmdir()
