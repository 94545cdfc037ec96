"""Locks of images, asked of the registry that they name no address of."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crepre_hub.ops.image_folders import ImageFolder, image_folders, images_root

UV = Path(sys.executable).with_name("uv")
FOLDERS = [folder for folder in image_folders() if folder.has_seat]
pytestmark = pytest.mark.timeout(300)


def commands() -> dict[str, list[str]]:
    """What ``make image-locks`` would do in each folder, told by make itself."""
    root = images_root().parent
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "image-locks"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.replace("\\\n", " ")
    words = [shlex.split(line) for line in told.splitlines() if "pip compile" in line]
    return {Path(each[1]).name: each[each.index("&&") + 2 :] for each in words}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_lock_is_what_its_wishes_resolve_to(folder: ImageFolder, tmp_path: Path) -> None:
    """Nobody edits a lock: with the versions that it has, its wishes resolve to it again."""
    images = tmp_path / "images"
    shutil.copytree(images_root(), images, ignore=shutil.ignore_patterns("seat", "steps"))
    subprocess.run([UV, *commands()[folder.name]], cwd=images / folder.name, check=True)
    assert (images / folder.name / "lock.txt").read_text() == folder.lock.read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_locked_file_can_be_had_for_the_image(folder: ImageFolder, tmp_path: Path) -> None:
    """For the image's Python each package has a wheel with a locked hash, CUDA's as well."""
    wanted = ["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28"]
    subprocess.run(
        [
            *(UV, "pip", "install", "--dry-run", "--no-config", "--no-deps", "--only-binary=:all:"),
            *("--require-hashes", "--target", tmp_path / "nothing", *wanted),
            *("--requirement", folder.lock),
        ],
        capture_output=True,
        check=True,
    )
