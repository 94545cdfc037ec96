"""Why a container did not start, or ended before it answered."""

from __future__ import annotations

import re
from typing import Any

from docker.errors import APIError

from crepre_hub.backends.ending import why_it_ended
from crepre_hub.errors import BackendError, DiskFull, GpuNotGiven, ImageMissing, OutOfMemory

_OF_GPUS = re.compile(r"nvidia|\bCDI\b|device driver .* with capabilities|crepre-mps")
"""What Docker and NVIDIA's toolkit say when a container cannot have its GPU."""


def why_container_ended(state: dict[str, Any], log: str) -> BackendError:
    """
    Why a server ended.

    Args:
        state: ``State`` of a container that has ended.
        log: Its last lines.
    """
    if state["OOMKilled"] or state["ExitCode"] == 137:
        return OutOfMemory("The server ran out of memory while it was starting.")
    return why_it_ended(log, how=f"The server ended with exit code {state['ExitCode']}")


def as_backend_error(error: APIError, *, gpu: str = "") -> BackendError:
    """What Docker refused, as one of ours; *gpu* is the GPU that it was asked for."""
    text = str(error.explanation or error)
    if gpu and _OF_GPUS.search(text):
        return GpuNotGiven(f"Docker did not give {gpu}: {text}", remedy="crepre doctor")
    if "No such image" in text:
        return ImageMissing(text)
    if "no space left on device" in text.lower():
        return DiskFull(f"The lab's disk is full: {text}")
    return BackendError(f"Docker could not start the container: {text}")
