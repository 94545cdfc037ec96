"""
PyTorch's part of a shared GPU.

TensorFlow and JAX are told theirs by whoever starts the server. PyTorch stops with an error at a
word in its setting that it does not know, so it is told here, where its version is known. It is a
default: a notebook may say otherwise before it imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

SHARE = "CREPRE_GPU_FRACTION"
"""Part of the GPU's memory for one process; not set where it need not be told."""

SETTING = "PYTORCH_CUDA_ALLOC_CONF"
WORD = "per_process_memory_fraction"

FIRST = (2, 10)
"""
The first PyTorch that is known to know the word.

Source: ``getKeys`` in ``torch/include/c10/cuda/CUDAAllocatorConfig.h`` of its wheel.
"""


def share_of_torch(environment: Mapping[str, str], torch: str | None = None) -> dict[str, str]:
    """
    What to add to *environment*.

    Args:
        torch: PyTorch's version; None to look it up.
    """
    share = environment.get(SHARE, "")
    before = environment.get(SETTING, "")
    if not share or WORD in before or "PYTORCH_ALLOC_CONF" in environment:
        return {}
    if _numbers(torch if torch is not None else _installed()) < FIRST:
        return {}
    return {SETTING: ",".join(filter(None, (before, f"{WORD}:{share}")))}


def _installed() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> tuple[int, ...]:
    """``(2, 10)`` of ``2.10.0+cu128``; empty where there is none."""
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
