"""The packages of an image on a machine without Docker."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.image_folders import ImageFolder, find_image_folder
from crepre_hub.ops.stack import ensure_stack
from tests.labs.lab import SHARED_STACK

pytestmark = pytest.mark.timeout(900)


def test_packages_are_installed_once(tmp_path: Path) -> None:
    """An environment is made step by step, and not again while its recipe is the same."""
    folder = find_image_folder("minimal")
    steps: list[Step] = []
    stack = ensure_stack(folder, tmp_path / "stack", steps.append)
    assert [step.number for step in steps] == [1, 2, 3]
    again = ensure_stack(folder, tmp_path / "stack", steps.append)
    assert again == stack
    assert len(steps) == 3


def test_the_same_packages_without_docker(tmp_path: Path) -> None:
    """The image's lock, installed for this Python, passes the image's own checks."""
    folder = find_image_folder("course-cpu")
    stack = ensure_stack(folder, SHARED_STACK / folder.name, lambda step: None)
    home = tmp_path / "home"  # not around the stack: a server takes no programs from a home
    home.mkdir()
    done = subprocess.run(
        [stack.python, folder.path / "verify", "--local", "--json"],
        env={**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")},
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads(done.stdout.splitlines()[-1])
    assert [each for each in results if not each["ok"]] == []
    looked = {each["check"] for each in results if "not checked" not in each["text"]}
    assert looked >= {"imports", "lock", "plot", "server", "keras, jax", "mixture density", "osc"}
    assert {each["check"] for each in results} - looked >= {"torch", "score", "no setuid program"}


def test_a_wrong_hash_stops_the_installation(tmp_path: Path) -> None:
    """A file that is not the locked one is not installed, and nothing counts as made."""
    (tmp_path / "images" / "cpu").mkdir(parents=True)
    (tmp_path / "images" / "seat").mkdir()
    folder = ImageFolder(tmp_path / "images" / "cpu")
    (folder.path / "Dockerfile").write_text("FROM x")
    folder.lock.write_text(f"six==1.17.0 \\\n    --hash=sha256:{'0' * 64}\n")
    with pytest.raises(CommandFailed, match="(?is)installing.*hash"):
        ensure_stack(folder, tmp_path / "stack", lambda step: None)
    assert not (tmp_path / "stack" / "share" / "crepre" / "stamp").exists()
