"""An image's ``lock.txt``, read for the versions in it."""

from __future__ import annotations

import re

from crepre_hub.ops.image_folders import ImageFolder


def locked_versions(lock: str) -> dict[str, list[str]]:
    """The versions of each package in *lock*; of several, the last is for the newest Python."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ ;]+)", lock, re.MULTILINE):
        versions.setdefault(name, []).append(version)
    return versions


def locked_in(folder: ImageFolder) -> dict[str, list[str]]:
    """The same of an image's own lock; nothing where it has none."""
    return locked_versions(folder.lock.read_text()) if folder.lock.is_file() else {}
