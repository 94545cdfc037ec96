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


def limited_gpus(section: GpusSection, gpus: Iterable[Gpu]) -> frozenset[str]:
    """UUIDs of shared GPUs on which the driver was seen to limit memory, where it is to do that."""
    return frozenset(gpu.uuid for gpu in gpus if seen_cap(section, gpu) == (Cap.DRIVER, ""))


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
