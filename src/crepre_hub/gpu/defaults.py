"""
What frameworks are told where a GPU is shared.

These are defaults and no fence: a notebook can say otherwise. They end the common accident, which
is a framework that takes the whole card when it starts.
"""

from __future__ import annotations

from crepre_hub.gpu.given import Cap, GivenGpu

MiB = 1024**2

CONTEXT_BYTES = 512 * MiB
"""What CUDA itself takes for a process before it holds any data; it counts as the process's."""

SHARE_VARIABLE = "CREPRE_GPU_FRACTION"
"""Read by the images' ``crepre_seat``, which knows what its PyTorch understands."""


def framework_defaults(gpu: GivenGpu) -> dict[str, str]:
    """
    Variables for whoever holds *gpu*.

    Where the driver enforces the share, the card looks as small as the share, and fractions of it
    are the frameworks' own business.

    Source: https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth,
    https://docs.jax.dev/en/latest/gpu_memory_allocation.html (both names, old and new)
    """
    if gpu.cap is Cap.NONE:
        return {}
    gentle = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    if gpu.cap is Cap.DRIVER:
        return gentle
    fraction = _in_thousandths(_data_bytes(gpu.share), gpu.memory)
    return gentle | {
        "XLA_CLIENT_MEM_FRACTION": fraction,
        "XLA_PYTHON_CLIENT_MEM_FRACTION": fraction,
        SHARE_VARIABLE: fraction,
    }


def mps_defaults(gpu: GivenGpu) -> dict[str, str]:
    """
    Variables that NVIDIA's Multi-Process Service reads; each process may tighten them only.

    The share of time is twice that of memory, since hardly ever all compute at once.

    Source: "Environment Variables" in https://docs.nvidia.com/deploy/mps/
    """
    if gpu.cap is not Cap.MPS:
        return {}
    return {
        "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": f"0={gpu.share // MiB}M",
        "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": str(max(1, min(100, 200 * gpu.share // gpu.memory))),
    }


def _data_bytes(share: int) -> int:
    """What is left of a share for data; at least half, for shares that are hardly any."""
    return max(share - CONTEXT_BYTES, share // 2)


def _in_thousandths(part: int, whole: int) -> str:
    """*part* of *whole*, never more than it is: ``0.249``; at least ``0.001``."""
    return f"{max(1, 1000 * part // whole) / 1000:.3f}"
