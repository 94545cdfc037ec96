"""
Folders of the home that Jupyter cannot work without, and what stands in for one that is broken.

A file where a folder belongs, or a folder without permissions, does not keep the lab from opening:
a folder in ``/tmp`` is used until the server ends. Nothing in the home is moved or changed, but
for one thing: a home that its owner has locked is opened again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """
    A folder that Jupyter or IPython writes to.

    Attributes:
        variable: Names another folder instead.
        folders: Below the home; all of them must be usable, the first is the one.
    """

    variable: str
    folders: tuple[str, ...]


PLACES = (
    Place(
        "JUPYTER_CONFIG_DIR",
        (
            ".jupyter",
            ".jupyter/lab",
            ".jupyter/lab/user-settings",
            ".jupyter/lab/workspaces",
        ),
    ),
    Place("JUPYTER_DATA_DIR", (".local/share/jupyter",)),
    Place("JUPYTER_RUNTIME_DIR", (".local/share/jupyter/runtime",)),
    Place("IPYTHONDIR", (".ipython", ".ipython/profile_default")),
)


def broken_folders(home: Path) -> Iterator[tuple[Place, str]]:
    """Each place that cannot be used, and which of its folders is to blame."""
    for place in PLACES:
        blamed = next((each for each in place.folders if not can_hold(home / each)), "")
        if blamed:
            yield place, blamed


def can_hold(folder: Path) -> bool:
    """Whether files can be made and found in *folder*, or it can be made."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def stand_ins(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """
    Variables that name a new folder for each broken place.

    What *environment* names already is somewhere else, and stays.
    """
    broken = {place.variable for place, _ in broken_folders(home)}
    return {
        variable: tempfile.mkdtemp(prefix="crepre-")
        for variable in sorted(broken)
        if variable not in environment
    }


def unlock(home: Path) -> None:
    """Let the owner into a home whose permissions were taken away."""
    mode = home.stat().st_mode
    if mode & 0o700 != 0o700 and home.stat().st_uid == os.getuid():
        home.chmod(mode | 0o700)


def sentences(home: Path) -> Iterator[str]:
    """What a student is told of broken places."""
    blamed = sorted({folder for _, folder in broken_folders(home)})
    if blamed:
        names = " and ".join(f"~/{folder}" for folder in blamed)
        yield f"{names} cannot be used, so settings last until your server ends. Rename it."
