"""Which GPUs there are, as NVML says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pynvml
from pynvml import NVMLError

from crepre_hub.probes.nvml import ABSENT, UNSAID, Trouble, opened, trouble


@dataclass(frozen=True, slots=True)
class FoundGpu:
    """
    A GPU, or a MIG slice of one, which Docker takes for a device like any other.

    Attributes:
        uuid: ``GPU-…`` or ``MIG-…``; the same after a reboot, which numbers are not.
        name: Such as ``NVIDIA GeForce RTX 4090``.
        memory_bytes: All that it has.
        card: UUID of the card that a slice is part of; the GPU's own where it is whole.
    """

    uuid: str
    name: str
    memory_bytes: int
    card: str

    @property
    def is_slice(self) -> bool:
        """Whether it is a part that the card itself keeps from the other parts."""
        return self.card != self.uuid


@dataclass(frozen=True, slots=True)
class GpuInventory:
    """
    What NVML found.

    Attributes:
        gpus: In the order of the bus. A card that is cut into slices is not among them.
        driver: Its version, such as ``615.71.05``; empty where there is no driver.
        troubles: What was there and could not be used.
    """

    gpus: tuple[FoundGpu, ...] = ()
    driver: str = ""
    troubles: tuple[Trouble, ...] = ()

    @property
    def in_words(self) -> str:
        """One sentence for an admin."""
        if not self.gpus:
            return "No GPUs were found by NVML."
        count = f"{len(self.gpus)} GPU{'s' * (len(self.gpus) != 1)}"
        return f"{count} found by NVML (driver {self.driver})."


def look_at_gpus() -> GpuInventory:
    """
    Ask NVML; takes some milliseconds, or a second where the driver has to wake up.

    A machine without NVIDIA's driver has none; whatever else goes wrong is among the troubles.
    """
    try:
        with opened():
            return _inventory()
    except NVMLError as error:
        found = () if error.value in ABSENT else (trouble(error),)
        return GpuInventory(troubles=found)


def _inventory() -> GpuInventory:
    seen = GpuInventory(driver=str(pynvml.nvmlSystemGetDriverVersion()))
    for number in range(pynvml.nvmlDeviceGetCount()):
        name = f"GPU number {number}"
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(number)
            name = str(pynvml.nvmlDeviceGetUUID(handle))
            seen = replace(seen, gpus=(*seen.gpus, *_devices(handle, name)))
        except NVMLError as error:
            seen = replace(seen, troubles=(*seen.troubles, trouble(error, name)))
    return seen


def _devices(handle: Any, card: str) -> tuple[FoundGpu, ...]:
    """The card itself, or its slices where it is cut into some."""
    if _is_cut(handle):
        return tuple(_found(each, card) for each in _slices(handle))
    return (_found(handle, card),)


def _found(handle: Any, card: str) -> FoundGpu:
    return FoundGpu(
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        card=card,
    )


def _is_cut(handle: Any) -> bool:
    """Whether MIG is on; most cards do not have it."""
    try:
        mode, _after_reset = pynvml.nvmlDeviceGetMigMode(handle)
    except NVMLError as error:
        if error.value in UNSAID:
            return False
        raise
    return bool(mode == pynvml.NVML_DEVICE_MIG_ENABLE)


def _slices(handle: Any) -> Iterator[Any]:
    """Handles of a card's slices; their numbers may have gaps."""
    for number in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
        try:
            yield pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, number)
        except NVMLError as error:
            if error.value not in UNSAID:
                raise
