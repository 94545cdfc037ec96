"""Whatever is in a home, JupyterLab opens, and a cell and a terminal work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.real.test_images import run_inside

CONFIG = "mkdir .jupyter; "
LIB = "lib=$(python -m site --user-site); mkdir -p $lib; "
SHARE = "mkdir -p .local/share/jupyter/"
IPYTHON = "mkdir -p .ipython/profile_default/startup; "
SHADOWS = "for name in $NAMES; do echo 'raise SystemExit(1)' > $name.py; done"
KERNELS = "No kernel started with"

HOMES: dict[str, tuple[str, str]] = {
    "as it should be": ("true", ""),
    "configuration is no Python": (CONFIG + "echo '(' > .jupyter/jupyter_server_config.py", ""),
    "configuration ends the server": (
        CONFIG + "echo 'import os; os._exit(3)' > .jupyter/jupyter_server_config.py",
        "",
    ),
    "configuration hangs": (
        CONFIG + "echo 'import time; time.sleep(999)' > .jupyter/jupyter_lab_config.py",
        "",
    ),
    "configuration is no JSON": (CONFIG + "echo '{' > .jupyter/jupyter_server_config.json", ""),
    "configuration folder is no JSON": (
        CONFIG + "mkdir .jupyter/jupyter_server_config.d;"
        " echo '[' > .jupyter/jupyter_server_config.d/x.json",
        "",
    ),
    "configuration takes our extension away": (
        CONFIG + 'echo \'{"ServerApp": {"jpserver_extensions": {"jupyterlab": false,'
        ' "crepre_seat": false}}}\' > .jupyter/jupyter_server_config.json',
        "",
    ),
    "packages shadow the server's": (
        LIB
        + "cd $lib; "
        + SHADOWS.replace("$NAMES", "tornado jupyter_server traitlets jupyterlab ipykernel zmq"),
        "",
    ),
    "packages shadow Python's": (
        LIB + "cd $lib; " + SHADOWS.replace("$NAMES", "sqlite3 asyncio json logging"),
        "",
    ),
    "modules lie in the home": (
        SHADOWS.replace("$NAMES", "tornado traitlets sqlite3 json zmq types warnings random"),
        "files beside",
    ),
    "usercustomize raises": (LIB + "echo 'raise OSError' > $lib/usercustomize.py", ""),
    "usercustomize ends Python": (
        LIB + "echo 'import os; os._exit(3)' > $lib/usercustomize.py",
        KERNELS,
    ),
    "a kernel ends by chance": (
        LIB + 'echo \'import os, pathlib; p = pathlib.Path.home() / ".once";'
        " p.exists() or (p.touch(), os._exit(3))' > $lib/usercustomize.py",
        "",
    ),
    "sitecustomize ends Python": (
        LIB + "echo 'import os; os._exit(3)' > $lib/sitecustomize.py",
        "",
    ),
    "a path file is broken": (LIB + "printf 'import nothing_here\\n\\xff' > $lib/x.pth", ""),
    "a path file ends Python": (LIB + "echo 'import os; os._exit(3)' > $lib/x.pth", KERNELS),
    "the kernel's description is broken": (
        SHARE + "kernels/python3; echo '{' > .local/share/jupyter/kernels/python3/kernel.json",
        "",
    ),
    "the kernel's description is another": (
        SHARE + 'kernels/python3; echo \'{"argv": ["false"], "display_name": "x",'
        ' "language": "python"}\' > .local/share/jupyter/kernels/python3/kernel.json',
        "",
    ),
    "an extension is broken": (
        SHARE + "labextensions/x; echo '{' > .local/share/jupyter/labextensions/x/package.json",
        "",
    ),
    "IPython's configuration raises": (
        IPYTHON + "echo '1/0' > .ipython/profile_default/ipython_config.py;"
        " echo '(' > .ipython/profile_default/ipython_kernel_config.py",
        "",
    ),
    "IPython's configuration ends it": (
        IPYTHON + "echo 'import os; os._exit(3)' > .ipython/profile_default/ipython_config.py",
        KERNELS,
    ),
    "IPython's start raises": (
        IPYTHON + "echo '1/0' > .ipython/profile_default/startup/x.py",
        "",
    ),
    "IPython's start ends it": (
        IPYTHON + "echo 'import os; os._exit(3)' > .ipython/profile_default/startup/x.py",
        KERNELS,
    ),
    "IPython's history is garbage": (
        IPYTHON + "head -c 9999 /dev/urandom > .ipython/profile_default/history.sqlite",
        "",
    ),
    "matplotlib's settings are garbage": (
        "mkdir -p .config/matplotlib; echo 'x y z' > .config/matplotlib/matplotlibrc",
        "",
    ),
    "the shell ends at once": ("echo exit >> .bashrc; echo exit >> .profile", ""),
    "programs shadow the system's": (
        "mkdir -p .local/bin; cd .local/bin; "
        + SHADOWS.replace("$NAMES", "git nice dirname date sh bash env python python3 jupyter")
        + "; for name in *.py; do mv $name ${name%.py}; done; chmod +x *",
        "",
    ),
    "git's settings are broken": ("echo '[core' > .gitconfig", ""),
    "signatures are garbage": (
        SHARE + "; head -c 9999 /dev/urandom > .local/share/jupyter/nbsignatures.db;"
        " echo x > .local/share/jupyter/notebook_secret",
        "",
    ),
    "a workspace is garbage": (
        CONFIG + "mkdir -p .jupyter/lab/workspaces;"
        " echo '{' > .jupyter/lab/workspaces/default-37a8.jupyterlab-workspace",
        "~/.jupyter/lab/workspaces/default-37a8.jupyterlab-workspace cannot",
    ),
    "settings are garbage": (
        CONFIG + "cd .jupyter; d=lab/user-settings/@jupyterlab/apputils-extension; mkdir -p $d;"
        " head -c 999 /dev/urandom > $d/themes.jupyterlab-settings",
        "themes.jupyterlab-settings cannot be used",
    ),
    "settings have a typing error": (
        CONFIG + "cd .jupyter; d=lab/user-settings/@jupyterlab/apputils-extension; mkdir -p $d;"
        " echo '{\"theme\": ' > $d/themes.jupyterlab-settings",
        "themes.jupyterlab-settings cannot be used",
    ),
    "Jupyter's folders are files": (
        "touch .jupyter .ipython .local .config .cache .npm",
        "~/.jupyter",
    ),
    "a folder within is a file": (CONFIG + "touch .jupyter/lab", "~/.jupyter/lab"),
    "Jupyter's folders are closed": (
        "mkdir -p .jupyter .ipython .local/share; chmod 0 .jupyter .ipython .local",
        "~/.jupyter cannot",
    ),
    "configuration is closed": (
        CONFIG + "touch .jupyter/jupyter_server_config.py .bashrc .profile;"
        " chmod 0 .jupyter/*.py .bashrc .profile",
        "",
    ),
    "links lead round": ("ln -s .jupyter .jupyter; ln -s .ipython .ipython", "~/.jupyter"),
    "full": ("cat /dev/zero > big || true", "Your home is full"),
}
"""A home, the shell script that breaks it, and a word of what its owner is told."""

WELL = {
    "lab": True,
    "listed": True,
    "settings": True,
    "workspaces": True,
    "cell": "42",
    "terminal": "42",
}

AT_ONCE = 2
"""Containers; in one of them servers would meet at their ports."""

Stories = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stories(docker_program: Path, course_image: str) -> Stories:
    """What happened in each home, one after the other in each of a few containers."""
    cases = [
        (name.replace("'", "").replace(" ", "-"), script) for name, (script, _) in HOMES.items()
    ]
    small = "--mount=type=tmpfs,destination=/home/student/full,tmpfs-size=1m,tmpfs-mode=1777"

    def told_in_one(some: Sequence[tuple[str, str]]) -> Stories:
        words = (json.dumps(some),)
        return run_inside(
            docker_program, course_image, "in_broken_homes.py", small, then=words, seconds=600
        )

    with ThreadPoolExecutor() as pool:
        parts = pool.map(told_in_one, [cases[first::AT_ONCE] for first in range(AT_ONCE)])
        found = {name: story for part in parts for name, story in part.items()}
    names = dict(zip((name for name, _ in cases), HOMES, strict=True))
    return {names[name]: story for name, story in found.items()}


@pytest.mark.parametrize("home", HOMES)
def test_a_broken_home_opens(stories: Stories, home: str) -> None:
    """The lab, its files and settings, a cell and a terminal; nothing is told without need."""
    story = dict(stories[home])
    notices = story.pop("notices", [])
    assert story == WELL
    word = HOMES[home][1]
    assert len(notices) == bool(word), notices
    assert word in "".join(notices)
