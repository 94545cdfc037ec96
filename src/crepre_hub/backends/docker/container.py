"""A seat's container as Docker is asked for it: what it may use, and what it may not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.types import LogConfig, Ulimit

from crepre_hub.backends.docker.gpu import gpu_environment, gpu_labels, gpu_mounts
from crepre_hub.backends.docker.network import LAB_LABEL
from crepre_hub.gpu.given import GivenGpu

MiB = 1024**2

USER_LABEL = "crepre.user"
SERVER_LABEL = "crepre.server"
COURSE_LABEL = "crepre.course"
PROFILE_LABEL = "crepre.profile"
SEAT_UID = 1000
CPU_SECONDS_TO_NANO = 1_000_000_000
OOM_SCORE_ADJ = 500
"""A host short of memory ends seats before the hub, the proxy or Docker."""


@dataclass(frozen=True, slots=True)
class SeatLimits:
    """
    How much of the machine one seat may use.

    Attributes:
        cpus: Processors; 1.5 is one and a half.
        memory_bytes: Everything together: processes, ``/tmp``, ``/dev/shm``; no swap.
        processes: Processes and threads at once. NumPy, PyTorch and a build start many, so the
            limit is there for fork bombs and not for thrift.
        open_files: Open files and sockets of one process.
        log_bytes: Size of one log file of the container; three are kept.
    """

    cpus: float
    memory_bytes: int
    processes: int = 1024
    open_files: int = 16384
    log_bytes: int = 10 * MiB

    @property
    def scratch_bytes(self) -> int:
        """
        Room in ``/tmp``, and the same again in ``/dev/shm``.

        Both live in the seat's memory. A quarter each leaves half for processes even when both
        are full: files there outlive the out-of-memory killer.
        """
        return self.memory_bytes // 4


@dataclass(frozen=True, slots=True)
class SeatLabels:
    """What a container says about itself, so that a lab finds its own again after a crash."""

    lab: str
    user: str
    server: str
    course: str
    profile: str
    gpu: GivenGpu | None = None

    def render(self) -> dict[str, str]:
        """Labels as Docker takes them."""
        return {
            LAB_LABEL: self.lab,
            USER_LABEL: self.user,
            SERVER_LABEL: self.server,
            COURSE_LABEL: self.course,
            PROFILE_LABEL: self.profile,
            **gpu_labels(self.gpu),
        }


def render_host_config(
    limits: SeatLimits, network: str, gpu: GivenGpu | None = None
) -> dict[str, Any]:
    """
    Arguments for ``APIClient.create_host_config``.

    What is not here is Docker's default on purpose: its seccomp filter, its AppArmor profile,
    its masked and read-only paths in ``/proc`` and ``/sys``, no devices, no published ports,
    namespaces of its own. Each line, and the test that shows it, is in ``docs/isolation.md``.

    A GPU itself is asked for when the container is made, in the way that the engine then knows.
    """
    return _rights() | _amounts(limits) | {"network_mode": network} | gpu_mounts(gpu)


def _rights() -> dict[str, Any]:
    return {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "privileged": False,
        "read_only": True,
        "init": True,
        "ipc_mode": "private",
        "restart_policy": {"Name": "no"},
    }


def _amounts(limits: SeatLimits) -> dict[str, Any]:
    return {
        "nano_cpus": int(limits.cpus * CPU_SECONDS_TO_NANO),
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "pids_limit": limits.processes,
        "oom_score_adj": OOM_SCORE_ADJ,
        "shm_size": limits.scratch_bytes,
        "tmpfs": {
            "/tmp": _scratch(limits.scratch_bytes),  # noqa: S108  (the container's own)
            "/var/tmp": _scratch(64 * MiB),  # noqa: S108
        },
        "ulimits": [
            Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
            Ulimit(name="core", soft=0, hard=0),
        ],
        "log_config": LogConfig(
            type="local", config={"max-size": str(limits.log_bytes), "max-file": "3"}
        ),
    }


def _scratch(size_bytes: int) -> str:
    """Options of a ``tmpfs``; ``exec``, since pip builds and runs things there."""
    return f"rw,exec,nosuid,nodev,mode=1777,size={size_bytes}"


def render_container(
    image: str, labels: SeatLabels, environment: Mapping[str, str]
) -> dict[str, Any]:
    """
    Arguments for ``APIClient.create_container`` beside name, command and host config.

    Args:
        image: Whose environment and labels lose against ours.
        labels: What the container says about itself. Without a GPU in them, GPUs are hidden by
            name, since an image may ask for all of them and the machine's default runtime may
            grant it.
        environment: What the seat is told; it can replace the defaults for a GPU, and not which
            GPU it is.
    """
    defaults, fixed = gpu_environment(labels.gpu)
    return {
        "image": image,
        "user": f"{SEAT_UID}:{SEAT_UID}",
        "environment": {**defaults, **environment, **fixed},
        "labels": labels.render(),
    }
