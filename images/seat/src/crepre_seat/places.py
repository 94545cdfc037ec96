"""
Folders of the home that Jupyter cannot work without, and what stands in for one that is broken.

A file where a folder belongs, a folder without permissions or a file that cannot be read do not
keep the lab from opening: a folder in ``/tmp`` is used until the server ends. Nothing in the home
is moved or changed.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """
    A folder that Jupyter or IPython works with.

    Attributes:
        variable: Names another folder instead.
        folder: Below the home.
        files: Below the folder, those that must be readable for Jupyter to go on.
        is_whole: Whether the text of one of them is.
    """

    variable: str
    folder: str
    files: str = ""
    is_whole: Callable[[str], bool] = bool


def is_json(text: str) -> bool:
    """Whether JupyterLab can read *text* as a workspace."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_json5(text: str) -> bool:
    """
    Whether JupyterLab can read *text* as settings: JSON with comments, and more that few use.

    Its own parser takes a second for large files, so it is asked only where that may matter.
    """
    if is_json(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)):
        return True
    import json5

    try:
        return isinstance(json5.loads(text), dict)
    except (ValueError, RecursionError):
        return False


SETTINGS = "**/*.jupyterlab-settings"
WORKSPACES = "*.jupyterlab-workspace"

PLACES = (
    Place("JUPYTER_CONFIG_DIR", ".jupyter"),
    Place("JUPYTERLAB_SETTINGS_DIR", ".jupyter/lab/user-settings", SETTINGS, is_json5),
    Place("JUPYTERLAB_WORKSPACES_DIR", ".jupyter/lab/workspaces", WORKSPACES, is_json),
    Place("JUPYTER_DATA_DIR", ".local/share/jupyter"),
    Place("JUPYTER_RUNTIME_DIR", ".local/share/jupyter/runtime"),
    Place("IPYTHONDIR", ".ipython"),
    Place("IPYTHONDIR", ".ipython/profile_default"),
)


def broken(home: Path) -> Iterator[tuple[Place, Path]]:
    """Each place that cannot be used, and the folder or file that is to blame."""
    for place in PLACES:
        folder = home / place.folder
        if not can_hold(folder):
            yield place, folder
        elif place.files:
            yield from (
                (place, file) for file in folder.glob(place.files) if not _reads(place, file)
            )


def _reads(place: Place, file: Path) -> bool:
    try:
        return file.is_dir() or place.is_whole(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


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
    variables = {place.variable for place, _ in broken(home)}
    return {
        variable: tempfile.mkdtemp(prefix="crepre-")
        for variable in sorted(variables)
        if variable not in environment
    }


def sentences(home: Path) -> Iterator[str]:
    """What a student is told of broken places, the first of them by name."""
    blamed = next((path.relative_to(home) for _, path in broken(home)), None)
    if blamed:
        yield f"~/{blamed} cannot be used, so settings last until your server ends. Rename it."
