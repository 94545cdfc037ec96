"""
NVIDIA's management library (NVML): how it is opened, and what its errors mean to an admin.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html (nvmlReturn_t)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pynvml
from pynvml import NVMLError

from crepre_hub.gpu import troubles
from crepre_hub.gpu.troubles import Trouble
from crepre_hub.sentences import say

NOWHERE = "see: dmesg | grep -iE 'nvrm|xid'"


MEANINGS: dict[int, tuple[str, str]] = {
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: (
        troubles.NOT_LOADED,
        "modprobe nvidia, and if that fails: dkms status",
    ),
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        troubles.UPGRADED,
        "Reboot the machine when nobody works on it: systemctl reboot",
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: (
        troubles.NO_PERMISSION,
        "See who may: ls -l /dev/nvidia*",
    ),
    pynvml.NVML_ERROR_NOT_FOUND: (
        troubles.NOT_THERE,
        f"See whether the machine still has it: nvidia-smi -L, and {NOWHERE}",
    ),
    pynvml.NVML_ERROR_GPU_IS_LOST: (
        troubles.OFF_THE_BUS,
        f"Reboot the machine; if it happens again, look at its power and its slot, and {NOWHERE}",
    ),
    pynvml.NVML_ERROR_RESET_REQUIRED: (
        troubles.NEEDS_RESET,
        "Once nothing runs on it: nvidia-smi --gpu-reset -i <its UUID>",
    ),
    pynvml.NVML_ERROR_INSUFFICIENT_POWER: (
        troubles.NO_POWER,
        "Switch the machine off, and connect them.",
    ),
    pynvml.NVML_ERROR_IRQ_ISSUE: (
        troubles.INTERRUPTS,
        f"Reboot the machine, and {NOWHERE}",
    ),
    pynvml.NVML_ERROR_CORRUPTED_INFOROM: (
        troubles.CORRUPTED,
        "Reboot the machine; if that does not help, have the card replaced by its vendor.",
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
        error.value,
        (say("NVML says: %(error)s.", error=str(error)), f"nvidia-smi -q, and {NOWHERE}"),
    )
    return Trouble(gpu, text, remedy.replace("<its UUID>", gpu or "<its UUID>"))
