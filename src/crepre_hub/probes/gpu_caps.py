"""What really keeps shares of this machine's GPUs apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pynvml
from pynvml import NVMLError

from crepre_hub.gpu.given import MPS_FOLDER, Cap
from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.probes.gpu_limits import why_no_limits
from crepre_hub.probes.nvml import opened
from crepre_hub.settings.gpus import GpusSection


class DriverLimits:
    """The UUIDs of GPUs on which the driver was seen to limit memory, where it is to do that."""

    def __init__(self, section: GpusSection) -> None:
        self._section = section
        self._seen: dict[str, bool] = {}

    def try_out(self, gpus: Iterable[Gpu]) -> None:
        """Try each of *gpus* once; that takes a moment, or as long as the driver hangs."""
        for gpu in gpus:
            if gpu.uuid not in self._seen:
                self._seen[gpu.uuid] = seen_cap(self._section, gpu) == (Cap.DRIVER, "")

    def __contains__(self, uuid: object) -> bool:
        return isinstance(uuid, str) and self._seen.get(uuid, False)


def seen_cap(section: GpusSection, gpu: Gpu) -> tuple[Cap, str]:
    """
    What keeps shares of *gpu*, and why it is not more; tries it, so it may take a moment.

    A slice that is shared has no limits of the driver's: those are for whole cards.
    """
    if gpu.tier is Tier.EXCLUSIVE:
        return Cap.NONE, ""
    if section.cap == "mps":
        return Cap.MPS, why_no_mps(gpu.uuid)
    if section.cap == "cooperative":
        return Cap.COOPERATIVE, "lab.toml says so"
    why_not = why_no_limits(gpu.uuid, gpu.memory)
    return (Cap.COOPERATIVE, why_not) if why_not else (Cap.DRIVER, "")


def why_no_mps(uuid: str, folder: Path = Path(MPS_FOLDER)) -> str:
    """Why MPS does not keep shares of the GPU *uuid*, in one sentence; empty where it does."""
    if not (folder / uuid / "control").exists():
        return f"no MPS daemon listens in {folder}/{uuid}"
    try:
        with opened():
            mode = pynvml.nvmlDeviceGetComputeMode(pynvml.nvmlDeviceGetHandleByUUID(uuid))
    except NVMLError as error:
        return f"NVML does not tell its compute mode ({error})"
    if mode != pynvml.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS:
        return "its compute mode lets programs go past MPS"
    return ""
