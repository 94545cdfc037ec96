"""A recipe's digest names exactly what goes into its image."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from crepre_hub.errors import ImageMissing
from crepre_hub.ops.image_folders import (
    ImageFolder,
    expected_digest,
    find_image_folder,
    image_folders,
    images_root,
)

RECIPE = """\
FROM x
RUN --mount=type=bind,source=steps/python,target=/steps/python \\
    --mount=type=bind,source=base/apt.txt,target=/apt.txt /steps/python
COPY --chmod=0755 cpu/verify /verify
COPY seat /tmp/seat
"""
SERVERS = [folder for folder in image_folders() if folder.has_seat]

CHANGES: dict[str, Callable[[Path], object]] = {
    "Dockerfile": lambda root: (root / "cpu" / "Dockerfile").write_text("FROM other"),
    "lock": lambda root: (root / "cpu" / "lock.txt").write_text("numpy==3"),
    "verify": lambda root: (root / "cpu" / "verify").write_text("exit 0"),
    "seat": lambda root: (root / "seat" / "src" / "seat.py").write_text("pass"),
    "a file's name": lambda root: (root / "cpu" / "verify").rename(root / "cpu" / "check"),
    "a step": lambda root: (root / "steps" / "python").write_text("pip install"),
    "a file of another image that it names": lambda root: (root / "base" / "apt.txt").write_text(
        "x"
    ),
    "a file more": lambda root: (root / "cpu" / "motd").write_text("Hello"),
}

NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "what the lock was made from": lambda root: (root / "cpu" / "requirements.in").write_text("#"),
    "a cache": lambda root: cache(root).write_bytes(b"\0"),
    "a time": lambda root: (root / "cpu" / "Dockerfile").touch(),
    "another image": lambda root: (root / "gpu").mkdir(),
    "a file of another image that it does not name": lambda root: (
        root / "base" / "lock.txt"
    ).write_text("x"),
    "a step that it does not take": lambda root: (root / "steps" / "other").write_text("x"),
}


def cache(root: Path) -> Path:
    folder = root / "seat" / "src" / "__pycache__"
    folder.mkdir()
    return folder / "seat.cpython-312.pyc"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "seat" / "src").mkdir(parents=True)
    (tmp_path / "cpu" / "Dockerfile").write_text(RECIPE)
    (tmp_path / "cpu" / "lock.txt").write_text("numpy==2")
    (tmp_path / "cpu" / "verify").write_text("exit 1")
    (tmp_path / "seat" / "src" / "seat.py").write_text("")
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "python").write_text("pip")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "apt.txt").write_text("git")
    return tmp_path


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_recipe_changes_the_digest(root: Path, change: str) -> None:
    """Whatever goes into the image is part of its digest."""
    before = expected_digest(ImageFolder(root / "cpu"))
    CHANGES[change](root)
    assert expected_digest(ImageFolder(root / "cpu")) != before


@pytest.mark.parametrize("change", NO_CHANGES)
def test_nothing_else_changes_the_digest(root: Path, change: str) -> None:
    """The digest is the same in every clone, so nobody builds again without need."""
    before = expected_digest(ImageFolder(root / "cpu"))
    NO_CHANGES[change](root)
    assert expected_digest(ImageFolder(root / "cpu")) == before


def test_the_digest_has_a_fixed_form(root: Path) -> None:
    """Labels and tags that are out there were made by this very rule."""
    folder = ImageFolder(root / "cpu")
    digest = "4f8910ff8bd9f2b3071583fef8c560401e006869cf62dcf2526f12f75a73f76e"
    assert expected_digest(folder) == digest
    assert folder.tag == f"crepre/cpu:{digest[:12]}"
    assert folder.latest == "crepre/cpu:latest"


def test_folders_with_a_dockerfile_are_images(root: Path) -> None:
    """The package seat and empty folders are no images."""
    (root / "empty").mkdir()
    assert [folder.name for folder in image_folders(root)] == ["cpu"]


def test_an_unknown_image_is_refused_with_those_there_are(root: Path) -> None:
    """Who mistypes a name reads the right ones."""
    with pytest.raises(ImageMissing, match="'gpu'") as caught:
        find_image_folder("gpu", root)
    assert caught.value.remedy == "There is: cpu."


def test_this_project_has_its_images() -> None:
    """The recipes of students' servers in this clone are complete."""
    assert {"course-cpu", "minimal"} <= {folder.name for folder in SERVERS}
    for folder in SERVERS:
        for file in (folder.lock, folder.path / "verify", folder.path / "requirements.in"):
            assert file.is_file(), file


def test_an_image_without_the_seat_does_not_change_with_it(root: Path) -> None:
    """What an image does not hold is not part of its digest."""
    folder = ImageFolder(root / "cpu")
    (folder.path / "Dockerfile").write_text("FROM x\n")
    before = expected_digest(folder)
    CHANGES["seat"](root)
    assert expected_digest(folder) == before


@pytest.mark.parametrize("folder", SERVERS, ids=lambda folder: folder.name)
def test_a_lock_names_every_file_by_its_hash_and_no_index(folder: ImageFolder) -> None:
    """A lock installs the same files from any mirror."""
    lock = folder.lock.read_text()
    packages = re.findall(r"^[a-z0-9].*", lock, re.MULTILINE)
    assert packages
    assert all("==" in package and package.endswith("\\") for package in packages)
    assert lock.count("--hash=sha256:") >= len(packages)
    assert "index-url" not in lock
    assert "://" not in lock
    assert "rfc3987" not in lock


@pytest.mark.parametrize("folder", SERVERS, ids=lambda folder: folder.name)
def test_each_wish_has_its_reason(folder: ImageFolder) -> None:
    """Beside each package that was asked for stands why."""
    for name in ("requirements.in", "excludes.txt", "overrides.txt"):
        file = folder.path / name
        for line in file.read_text().splitlines() if file.exists() else ():
            if line and not line.startswith("#"):
                assert re.search(r"\S\s+# \w", line), line


def versions_in(lock: Path) -> dict[str, set[str]]:
    """Each package's versions, of which there may be one for each Python."""
    found: dict[str, set[str]] = {}
    for name, version_ in re.findall(r"^([a-z0-9][^ ]*)==([^ ]+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version_)
    return found


@pytest.mark.parametrize("folder", SERVERS, ids=lambda folder: folder.name)
def test_what_images_share_has_one_version(folder: ImageFolder) -> None:
    """A notebook finds the same packages in every image, where it finds them."""
    course, own = versions_in(find_image_folder("course-cpu").lock), versions_in(folder.lock)
    assert {
        name: own[name] - course[name] for name in own.keys() & course if own[name] - course[name]
    } == {}


def test_images_are_built_with_the_uv_of_this_project() -> None:
    """One version of the installer, in the images and beside them."""
    root = images_root()
    ours = root.parent / "requirements" / "uv.txt"
    assert (root / "steps" / "uv.txt").read_text() == ours.read_text()


@pytest.mark.parametrize("folder", SERVERS, ids=lambda folder: folder.name)
def test_a_lock_grants_each_wish(folder: ImageFolder) -> None:
    """A lock that is older than its wishes is noticed, and so is a hub of another version."""
    lines = re.findall(r"^([a-z0-9][^ ]*)==([^ ]+)", folder.lock.read_text(), re.MULTILINE)
    locked = {name: [v for n, v in lines if n == name] for name, _ in lines}
    for line in (folder.path / "requirements.in").read_text().splitlines():
        if line and not line.startswith("#"):
            wish = Requirement(line.split(" #")[0])
            assert locked.get(wish.name), f"{wish.name} is not in the lock"
            assert all(each in wish.specifier for each in locked[wish.name]), wish
    assert locked["jupyterhub"] == [version("jupyterhub")]
