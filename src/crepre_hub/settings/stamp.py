"""Whether a file has changed since it was read."""

from __future__ import annotations

from pathlib import Path


def stamp_of(file: Path) -> tuple[int, int]:
    """What tells one version of *file* from the next; zeros where there is none."""
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
