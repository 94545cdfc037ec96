"""Which GPUs the lab has, as NVML says or as ``lab.toml`` lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pynvml
from pynvml import NVMLError

from crepre_hub.gpu.gpus import Gpu
from crepre_hub.probes.nvml import ABSENT, UNSAID, Trouble, opened, trouble
from crepre_hub.settings.gpus import GpusSection

NUMBER = "GPU number"
"""So a GPU is called whose UUID NVML does not know."""


@dataclass(frozen=True, slots=True)
class GpuInventory:
    """
    What was found.

    Attributes:
        gpus: In the order of the bus. A card that MIG has cut is not among them; its slices are.
        driver: Its version, such as ``615.71.05``; empty where there is none, or it was not asked.
        troubles: What was there and could not be used.
        is_listed: Whether ``lab.toml`` says all.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str = ""
    troubles: tuple[Trouble, ...] = ()
    is_listed: bool = False

    @property
    def troubles_by_uuid(self) -> Mapping[str, str]:
        """What is wrong, by UUID; with an empty one for those that have not even said theirs."""
        named = {each.gpu: each.text for each in self.troubles if not _is_nameless(each)}
        nameless = " ".join(
            dict.fromkeys(each.text for each in self.troubles if _is_nameless(each))
        )
        return named | ({"": nameless} if nameless else {})

    @property
    def in_words(self) -> str:
        """One sentence for an admin."""
        if not self.gpus:
            return "No GPUs were found by NVML."
        count = f"{len(self.gpus)} GPU{'s' * (len(self.gpus) != 1)}"
        how = "listed in lab.toml" if self.is_listed else f"found by NVML (driver {self.driver})"
        return f"{count} {how}."


def _is_nameless(trouble: Trouble) -> bool:
    return not trouble.gpu or trouble.gpu.startswith(NUMBER)


def look_at_gpus(section: GpusSection) -> GpuInventory:
    """
    Ask NVML, unless the lab has a list; takes milliseconds, or a second if the driver has to wake.

    A machine without NVIDIA's driver has no GPUs; whatever else goes wrong is among the troubles.
    """
    if section.found_by == "list":
        return GpuInventory(section.listed(), is_listed=True)
    try:
        with opened():
            seen = _inventory()
    except NVMLError as error:
        found = () if error.value in ABSENT else (trouble(error),)
        return GpuInventory(troubles=found)
    lent = (replace(gpu, tier=section.tier_of(gpu.uuid, gpu.parent)) for gpu in seen.gpus)
    return replace(seen, gpus=tuple(lent))


def _inventory() -> GpuInventory:
    seen = GpuInventory(driver=str(pynvml.nvmlSystemGetDriverVersion()))
    for number in range(pynvml.nvmlDeviceGetCount()):
        name = f"{NUMBER} {number}"
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(number)
            name = str(pynvml.nvmlDeviceGetUUID(handle))
            seen = replace(seen, gpus=(*seen.gpus, *_devices(handle, name)))
        except NVMLError as error:
            seen = replace(seen, troubles=(*seen.troubles, trouble(error, name)))
    return seen


def _devices(handle: Any, card: str) -> tuple[Gpu, ...]:
    """The card itself, or its slices where it is cut into some."""
    if _is_cut(handle):
        return tuple(_found(each, parent=card) for each in _slices(handle))
    return (_found(handle),)


def _found(handle: Any, parent: str = "") -> Gpu:
    return Gpu(
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        parent=parent,
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
