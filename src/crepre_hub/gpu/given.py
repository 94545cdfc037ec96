"""The GPU that one server is given, and what keeps it to its share."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from crepre_hub.gpu.gpus import Gpu, Tier

MPS_FOLDER = "/run/crepre-mps"
"""
Below it, in a folder named by each GPU's UUID, is where that GPU's MPS daemon listens.

Not ``/tmp/nvidia-mps``: NVIDIA's toolkit gives that to every container with a GPU.
"""


class Cap(StrEnum):
    """What keeps a server to its share of a GPU's memory."""

    NONE = "none"
    """Nothing has to: the GPU, or the slice, is the server's alone."""

    DRIVER = "driver"
    """The driver refuses more to the whole container. Enforced."""

    MPS = "mps"
    """NVIDIA's Multi-Process Service refuses more to each process, and so not to several."""

    COOPERATIVE = "cooperative"
    """Frameworks are told to take no more, and their users may tell them otherwise."""


@dataclass(frozen=True, slots=True)
class GivenGpu:
    """
    What a backend has to know of a lease.

    Attributes:
        lease: Its id.
        uuid: The device: a card or a slice.
        share: Bytes that the server may hold there.
        memory: Bytes that the device has.
        ends: Of the lease, as it was when the server was made; it may be renewed since.
        cap: What keeps it to *share*.
    """

    lease: str
    uuid: str
    share: int
    memory: int
    ends: datetime
    cap: Cap = Cap.NONE

    def __str__(self) -> str:
        """As a container's label says it; ``given_in`` reads it."""
        size = f"{self.share} {self.memory}"
        return f"{self.lease} {self.uuid} {size} {self.ends.isoformat()} {self.cap.value}"


def given_in(text: str) -> GivenGpu | None:
    """The reverse of ``str``; None where *text* was written by somebody else."""
    try:
        lease, uuid, share, memory, ends, cap = text.split(" ")
        until = datetime.fromisoformat(ends)
        return GivenGpu(lease, uuid, int(share), int(memory), until, Cap(cap))
    except ValueError:
        return None


def cap_for(
    gpu: Gpu, share: int, wanted: Literal["auto", "mps", "cooperative"], limited: Container[str]
) -> Cap:
    """
    What keeps a lease of *share* bytes on *gpu* to them: the hardest that the machine can do.

    Args:
        wanted: What the admin chose.
        limited: UUIDs of GPUs on which the driver was seen to limit memory.
    """
    if gpu.tier is Tier.EXCLUSIVE or share >= gpu.memory:
        return Cap.NONE
    if wanted == "mps":
        return Cap.MPS
    return Cap.DRIVER if wanted == "auto" and gpu.uuid in limited else Cap.COOPERATIVE
