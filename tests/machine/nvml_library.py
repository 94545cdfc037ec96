"""
NVIDIA's shared library as a Python object: the boundary that no test can have for real.

It is called through NVIDIA's own bindings, with their structures, as the C library is; a function
that it lacks is missing as in a driver too old to have it.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pynvml

GiB = 1024**3


@dataclass
class Card:
    """
    A GPU, or a slice of one.

    Attributes:
        slices: With MIG on; None for a card whose MIG is off, as for one that has none.
        fails: The code that every call about it ends with.
        processes: Number and bytes of each.
        busy: Percent of the last moment, and of each process that was sampled.
    """

    uuid: str
    name: str = "NVIDIA GeForce RTX 4090"
    memory: int = 24 * GiB
    used: int = 0
    slices: list[Card | None] | None = None
    fails: int = 0
    processes: dict[int, int | None] = field(default_factory=dict)
    graphics: dict[int, int | None] = field(default_factory=dict)
    busy: int | None = 0
    samples: list[tuple[int, int]] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    mode: int = 0
    worn_out: bool = False

    @classmethod
    def of(cls, row: dict[str, Any]) -> Card:
        """A card as JSON says it, where the numbers of processes are texts."""
        rows = {name: row.pop(name, {}) for name in ("processes", "graphics")}
        numbers = {
            name: {int(pid): used for pid, used in each.items()} for name, each in rows.items()
        }
        return cls(**row, **numbers)


class Library:
    """``libnvidia-ml.so.1`` of a machine with *cards*."""

    def __init__(self, *cards: Card, driver: str = "615.71.05", init: int = 0) -> None:
        self.cards = list(cards)
        self.driver = driver
        self.init = init
        self.open = 0
        self.nvmlErrorString = lambda code: b"a code of its own"  # has attributes, as C's have
        if int(driver.partition(".")[0]) >= 615:
            self.nvmlDeviceSetMemoryLimits_v1 = self._set_limits

    def _all(self) -> list[Card]:
        parts = [part for card in self.cards for part in card.slices or () if part]
        return [*self.cards, *parts]

    def _card(self, handle: Any) -> Card:
        return self._all()[int(ctypes.cast(handle, ctypes.c_void_p).value or 0) - 1]

    def _point(self, pointer: Any, card: Card) -> int:
        ctypes.c_void_p.from_buffer(pointer._obj).value = self._all().index(card) + 1
        return card.fails

    # --- the library as such

    def nvmlInitWithFlags(self, flags: int) -> int:
        self.open += not self.init
        return self.init

    def nvmlShutdown(self) -> int:
        self.open -= 1
        return 0

    def nvmlSystemGetDriverVersion(self, buffer: Any, size: Any) -> int:
        buffer.value = self.driver.encode()
        return 0

    # --- devices

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len(self.cards)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, pointer: Any) -> int:
        return self._point(pointer, self.cards[index.value])

    def nvmlDeviceGetHandleByUUID(self, uuid: Any, pointer: Any) -> int:
        found = [card for card in self._all() if card.uuid == uuid.value.decode()]
        return self._point(pointer, found[0]) if found else pynvml.NVML_ERROR_NOT_FOUND

    def nvmlDeviceGetUUID(self, handle: Any, buffer: Any, size: Any) -> int:
        buffer.value = self._card(handle).uuid.encode()
        return 0

    def nvmlDeviceGetName(self, handle: Any, buffer: Any, size: Any) -> int:
        buffer.value = self._card(handle).name.encode()
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: Any, memory: Any) -> int:
        card = self._card(handle)
        memory._obj.total, memory._obj.used = card.memory, card.used
        return 0

    def nvmlDeviceGetRemappedRows(
        self, handle: Any, mended: Any, lost: Any, pending: Any, failed: Any
    ) -> int:
        failed._obj.value = self._card(handle).worn_out
        return 0

    def nvmlDeviceGetMigMode(self, handle: Any, now: Any, pending: Any) -> int:
        if self._card(handle).slices is None:
            return pynvml.NVML_ERROR_NOT_SUPPORTED
        now._obj.value = pynvml.NVML_DEVICE_MIG_ENABLE
        return 0

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any, count: Any) -> int:
        count._obj.value = len(self._card(handle).slices or ())
        return 0

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: Any, pointer: Any) -> int:
        found = (self._card(handle).slices or [])[index.value]
        return self._point(pointer, found) if found else pynvml.NVML_ERROR_NOT_FOUND

    def nvmlDeviceGetComputeMode(self, handle: Any, mode: Any) -> int:
        mode._obj.value = self._card(handle).mode
        return 0

    # --- their use

    def nvmlDeviceGetUtilizationRates(self, handle: Any, rates: Any) -> int:
        busy = self._card(handle).busy
        if busy is None:
            return pynvml.NVML_ERROR_NOT_SUPPORTED
        rates._obj.gpu = busy
        return 0

    def nvmlDeviceGetComputeRunningProcesses_v3(self, handle: Any, count: Any, rows: Any) -> int:
        return _list(self._card(handle).processes, count, rows)

    def nvmlDeviceGetGraphicsRunningProcesses_v3(self, handle: Any, count: Any, rows: Any) -> int:
        return _list(self._card(handle).graphics, count, rows)

    def nvmlDeviceGetProcessUtilization(
        self, handle: Any, rows: Any, count: Any, since: Any
    ) -> int:
        samples = self._card(handle).samples
        if not samples:
            return pynvml.NVML_ERROR_NOT_FOUND
        if rows is None:
            count._obj.value = len(samples)
            return pynvml.NVML_ERROR_INSUFFICIENT_SIZE
        for row, (pid, busy) in zip(rows, samples, strict=True):
            row.pid, row.smUtil = pid, busy
        return 0

    def _set_limits(self, handle: Any, limits: Any) -> int:
        group = Path(limits._obj.nameSpace)
        if not group.is_dir():
            return pynvml.NVML_ERROR_INVALID_ARGUMENT
        assert limits._obj.softLimit == 0
        self._card(handle).limits[str(group)] = limits._obj.hardLimit
        return 0


def _list(processes: dict[int, int | None], count: Any, rows: Any) -> int:
    if rows is None and processes:
        count._obj.value = len(processes)
        return pynvml.NVML_ERROR_INSUFFICIENT_SIZE
    count._obj.value = len(processes)
    for number, (pid, used) in enumerate(processes.items()):
        rows[number].pid = pid
        unknown = pynvml.NVML_VALUE_NOT_AVAILABLE_ulonglong.value
        rows[number].usedGpuMemory = unknown if used is None else used
    return 0
