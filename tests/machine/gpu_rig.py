"""Pretended GPUs: Docker lends them, NVML finds them, and both say so in files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOOK = Path(__file__).with_name("gpu_hook.py")
NVML = Path(__file__).with_name("pretended_nvml")
GiB = 1024**3


@dataclass(frozen=True)
class Lent:
    """
    One container that got devices.

    Attributes:
        beside: Ids of the containers that ran with one of the same devices when it began.
    """

    id: str
    pid: int
    devices: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True)
class GpuRig:
    """
    Four pretended cards, ``GPU-0…`` to ``GPU-3…``, of 24 GiB each.

    Attributes:
        folder: Where the hook writes, and NVML reads.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> GpuRig:
        """A rig in *folder*, with a hook of the name that Docker looks for."""
        rig = cls(folder)
        rig.programs.mkdir(parents=True)
        hook = rig.programs / "nvidia-container-runtime-hook"
        hook.write_text(f'#!/bin/sh\nexec {sys.executable} -S {HOOK} "$@"\n')
        hook.chmod(0o755)
        tool = rig.programs / "nvidia-ctk"
        tool.write_text("#!/bin/sh\necho NVIDIA Container Toolkit CLI version 1.17.8\n")
        tool.chmod(0o755)
        rig.clear()
        return rig

    @property
    def programs(self) -> Path:
        """What has to be on the engine's PATH."""
        return self.folder / "bin"

    @property
    def uuids(self) -> tuple[str, ...]:
        """Of the four cards."""
        return tuple(
            f"GPU-{number}0000000-aaaa-bbbb-cccc-00000000000{number}" for number in range(4)
        )

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """For the engine, whose hooks inherit it."""
        return {**own, "PATH": self._path(own), "CREPRE_TEST_GPUS": str(self.folder)}

    def lab_environment(self) -> dict[str, str]:
        """For the lab, whose programs then find these GPUs where they ask NVML, and the toolkit."""
        return {
            "PATH": self._path(os.environ),
            "PYTHONPATH": str(NVML),
            "CREPRE_TEST_NVML": str(self.folder / "nvml.json"),
        }

    def _path(self, own: Mapping[str, str]) -> str:
        return f"{self.programs}{os.pathsep}{own.get('PATH', os.defpath)}"

    # --- what a test says

    def clear(self) -> None:
        """All four are there, and do nothing; what was lent is forgotten."""
        self.know(*self.uuids)
        (self.folder / "lent.jsonl").write_text("")
        self.measure()

    def know(self, *uuids: str) -> None:
        """Only these are known to the hook from now on."""
        (self.folder / "known.json").write_text(json.dumps(uuids))

    def measure(self, **cards: dict[str, object]) -> None:
        """
        What NVML says from now on.

        Args:
            cards: By number, as in ``_2={"processes": {4711: 3 * GiB}, "busy": 80}``: fields of
                ``nvml_library.Card`` that are not as in an idle card; None for a card that is gone.
        """
        rows = []
        for number, uuid in enumerate(self.uuids):
            more = cards.get(f"_{number}", {})
            if more is not None:
                rows.append({"uuid": uuid, "name": "Pretended GPU", "memory": 24 * GiB, **more})
        half = self.folder / "nvml.json.new"
        half.write_text(json.dumps(rows))
        half.replace(self.folder / "nvml.json")

    # --- what was seen

    def lent(self) -> tuple[Lent, ...]:
        """Every container that began with devices since ``clear``, in that order."""
        lines = (self.folder / "lent.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        return tuple(
            Lent(row["id"], row["pid"], tuple(row["devices"]), tuple(row["beside"])) for row in rows
        )
