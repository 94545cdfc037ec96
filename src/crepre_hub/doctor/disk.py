"""Room on a disk: bytes, and names for files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.findings import Finding
from crepre_hub.units import format_memory

GiB = 1024**3

FULL_BELOW = 1 * GiB
"""Starts fail, and databases may not be written any more."""

SCARCE_BELOW = 10 * GiB
"""One image more, or one lesson of downloads, and it is full."""

FEW_NAMES_BELOW = 0.02
"""Of all names (inodes); one environment of packages takes 50 000 of them."""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """
    The disk that *folder* is on.

    Attributes:
        free_bytes: What programs may still take.
        free_names: The part of all inodes that is free, 0 to 1; 1 where there is no limit.
    """

    folder: Path
    free_bytes: int
    free_names: float


def disk_facts(folder: Path) -> DiskFacts:
    """The disk of *folder*, or of the nearest folder above it that is there."""
    while not folder.exists():
        folder = folder.parent
    seen = os.statvfs(folder)
    names = seen.f_favail / seen.f_files if seen.f_files else 1.0
    return DiskFacts(folder, seen.f_bavail * seen.f_frsize, names)


def judge_disk(seen: DiskFacts | None, *, remedy: str) -> Iterator[Finding]:
    """
    Full, scarce, or enough.

    Args:
        seen: None for a disk of another machine.
        remedy: What makes room on it.
    """
    if seen is None:
        yield Finding("ok", "The disk is another machine's; look at it there.")
        return
    free = f"{format_memory(seen.free_bytes)} free on the disk of {seen.folder}"
    if seen.free_bytes < FULL_BELOW:
        yield Finding("error", f"Only {free}.", remedy=remedy)
    elif seen.free_bytes < SCARCE_BELOW:
        yield Finding("warning", f"Only {free}.", remedy=remedy)
    else:
        yield Finding("ok", f"{free}.")
    if seen.free_names < FEW_NAMES_BELOW:
        text = f"Nearly all names for files (inodes) are taken on the disk of {seen.folder}."
        yield Finding("warning" if seen.free_names else "error", text, remedy=remedy)
