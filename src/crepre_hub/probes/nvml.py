"""
NVIDIA's management library (NVML): how it is opened, and what its errors mean to an admin.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html (nvmlReturn_t)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pynvml
from pynvml import NVMLError

NOWHERE = "see: dmesg | grep -iE 'nvrm|xid'"


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    Something about GPUs that NVML refused, or could not say.

    Attributes:
        gpu: Its UUID, or ``GPU number 2`` where not even that is known; empty for all of them.
        text: What is wrong, in one sentence.
        remedy: What to type or do next.
    """

    gpu: str
    text: str
    remedy: str


MEANINGS = {
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: (
        "NVIDIA's driver is installed, but the kernel has not loaded it.",
        "modprobe nvidia, and if that fails: dkms status",
    ),
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "NVIDIA's driver was upgraded, and the kernel still runs the one before.",
        "Reboot the machine when nobody works on it: systemctl reboot",
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: (
        "This account may not use NVIDIA's devices.",
        "See who may: ls -l /dev/nvidia*",
    ),
    pynvml.NVML_ERROR_NOT_FOUND: (
        "It is not there any more.",
        f"See whether the machine still has it: nvidia-smi -L, and {NOWHERE}",
    ),
    pynvml.NVML_ERROR_GPU_IS_LOST: (
        "It fell off the bus; every program on it has failed.",
        f"Reboot the machine; if it happens again, look at its power and its slot, and {NOWHERE}",
    ),
    pynvml.NVML_ERROR_RESET_REQUIRED: (
        "It has to be reset before it can be used again.",
        "Once nothing runs on it: nvidia-smi --gpu-reset -i <its UUID>",
    ),
    pynvml.NVML_ERROR_INSUFFICIENT_POWER: (
        "Its power cables are not all connected.",
        "Switch the machine off, and connect them.",
    ),
    pynvml.NVML_ERROR_IRQ_ISSUE: (
        "The kernel has trouble with its interrupts.",
        f"Reboot the machine, and {NOWHERE}",
    ),
}
"""What is wrong and what to do, for the errors that mean something of their own."""

ABSENT = frozenset({pynvml.NVML_ERROR_LIBRARY_NOT_FOUND})
"""Errors of a machine that has no NVIDIA driver, and so none of its GPUs."""

UNSAID = frozenset({
    pynvml.NVML_SUCCESS,  # ``nvmlDeviceGetProcessUtilization`` raises it where nothing was sampled
    pynvml.NVML_ERROR_NOT_FOUND,
    pynvml.NVML_ERROR_NOT_SUPPORTED,
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    pynvml.NVML_ERROR_NO_DATA,
})  # fmt: skip
"""Errors that say: this card, this driver, or this moment has no such figure."""


@contextmanager
def opened() -> Iterator[None]:
    """
    NVML between being opened and closed; what was seen through it may be stale after that.

    Each look opens it anew, so that a driver that was loaded again, or a card that came back, is
    seen.

    Raises:
        NVMLError: If there is no NVML here, or it cannot be used.
    """
    pynvml.nvmlInit()
    try:
        yield
    finally:
        pynvml.nvmlShutdown()


def trouble(error: NVMLError, gpu: str = "") -> Trouble:
    """What *error* means for *gpu*; with an empty one for every GPU of the machine."""
    text, remedy = MEANINGS.get(
        error.value, (f"NVML says: {error}.", f"nvidia-smi -q, and {NOWHERE}")
    )
    return Trouble(gpu, text, remedy.replace("<its UUID>", gpu or "<its UUID>"))
