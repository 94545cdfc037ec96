"""
Where the server looks for kernels.

Jupyter's own default imports the whole of IPython to learn the name of one folder: 0.15 s of CPU
and 15 MiB in every server, which never uses it; kernels import their own.

Source: ``jupyter_client/kernelspec.py``, ``KernelSpecManager._kernel_dirs_default``;
``IPython/paths.py``, ``get_ipython_dir``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OWN = ".local/share/jupyter/kernels"
"""Of the home: kernels that its owner installed."""


def find_kernels(manager: Any, home: Path, environment: Mapping[str, str] = os.environ) -> None:
    """
    Let *manager*, the server's, find kernels of *home* after all others, and replace none by them.

    Folders that somebody's configuration named, or that were looked at already, stay.
    """
    own = str(home / OWN)
    if manager.trait_has_value("kernel_dirs"):
        manager.kernel_dirs.append(own)
    else:
        manager.kernel_dirs = [*folders(home, environment), own]


def folders(home: Path, environment: Mapping[str, str]) -> list[str]:
    """Jupyter's default: its own folders, and one of IPython's that is there for old kernels."""
    from jupyter_core.paths import jupyter_path

    ipython = environment.get("IPYTHONDIR") or home / ".ipython"
    return [*jupyter_path("kernels"), str(Path(ipython, "kernels"))]
