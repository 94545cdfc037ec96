"""Folders of this machine, removed with all that students have put into them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from crepre_hub.errors import BackendError


def remove_folder(folder: Path, what: str) -> None:
    """
    Remove *folder*, which is *what*; nothing where there is none, or a link.

    Raises:
        BackendError: If it is still there.
    """
    if not is_there(folder):
        return
    # Programs that follow no link, and have no limit on how deep folders are.
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf", "--one-file-system"]):
        subprocess.run([*command, "--", str(folder)], capture_output=True, check=False)
    if is_there(folder):
        raise BackendError(f"{what} is not gone: see {folder}.")


def is_there(folder: Path) -> bool:
    """Whether there is a folder of its own, and not a link to one."""
    return folder.is_dir() and not folder.is_symlink()
