"""The folder ``images/`` of this project: which images there are, and what each should hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import crepre_hub
from crepre_hub.errors import ImageMissing, SettingsError

SEAT = "seat"
"""The folder of the package that every student's server holds."""

NOT_IN_THE_IMAGE = {"requirements.in", "excludes.txt", "overrides.txt"}
"""What the lock was made from; a comment changed there changes no image."""

NAMED = re.compile(r"^COPY (?:--\S+ )*([\w./-]+)|[=,]source=([\w./-]+)", re.MULTILINE)
"""What a step of a Dockerfile copies or looks at: ``COPY seat``, ``source=steps/seat``."""


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """
    One image's recipe; *path* holds a ``Dockerfile``.

    A student's server has ``lock.txt`` and ``verify`` beside it, and the package seat in it; what
    images share is in folders beside theirs.
    """

    path: Path

    @property
    def name(self) -> str:
        """The name of the folder is the name of the image."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Every package with its version and hashes."""
        return self.path / "lock.txt"

    @property
    def modules(self) -> tuple[Path, ...]:
        """Python modules of the image's own, beside its packages."""
        folders = [path for path in self.named if path.name == "modules"]
        return tuple(sorted(file for folder in folders for file in folder.glob("*.py")))

    @property
    def seat(self) -> Path:
        """The package that every student's server holds."""
        return self.path.parent / SEAT

    @property
    def has_seat(self) -> bool:
        """Whether the image holds the package seat; its Dockerfile names it then."""
        return self.seat in self.named

    @property
    def named(self) -> frozenset[Path]:
        """Files and folders of the build's context that the Dockerfile names."""
        text = (self.path / "Dockerfile").read_text()
        names = (first or second for first, second in NAMED.findall(text))
        paths = (self.path.parent / name for name in names)
        return frozenset(path for path in paths if path.exists())

    @property
    def repository(self) -> str:
        """Docker's name for all builds of this image."""
        return f"crepre/{self.name}"

    @property
    def tag(self) -> str:
        """The name under which Docker knows exactly this recipe's image."""
        return f"{self.repository}:{expected_digest(self)[:12]}"

    @property
    def latest(self) -> str:
        """The name that profiles use."""
        return f"{self.repository}:latest"


def images_root() -> Path:
    """
    The folder ``images/`` of the clone that this package runs from.

    Raises:
        SettingsError: If the package was installed without its clone.
    """
    root = Path(crepre_hub.__file__).resolve().parents[2] / "images"
    if not (root / SEAT / "pyproject.toml").is_file():
        raise SettingsError(
            f"The recipes of the images are not at {root}.",
            remedy="Run crepre from a clone of the project, where `make install` put it.",
        )
    return root


def image_folders(root: Path | None = None) -> tuple[ImageFolder, ...]:
    """Every image that can be built, by name."""
    recipes = (root or images_root()).glob("*/Dockerfile")
    return tuple(ImageFolder(path.parent) for path in sorted(recipes))


def find_image_folder(name: str, root: Path | None = None) -> ImageFolder:
    """
    The recipe of the image *name*.

    Raises:
        ImageMissing: If there is none; the message says which there are.
    """
    folders = image_folders(root)
    for folder in folders:
        if folder.name == name:
            return folder
    known = ", ".join(folder.name for folder in folders) or "none"
    raise ImageMissing(f"There is no recipe for an image {name!r}.", remedy=f"There is: {known}.")


def expected_digest(folder: ImageFolder) -> str:
    """
    The SHA-256 of all that makes the image: its folder, and what its Dockerfile names elsewhere.

    Hexadecimal, 64 digits. The same in every clone: times, owners and caches do not count.
    """
    digest = hashlib.sha256()
    files = {file for path in (folder.path, *folder.named) for file in files_of(path)}
    for path in sorted(files):
        name = path.relative_to(folder.path.parent).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def files_of(place: Path) -> Iterator[Path]:
    """The files at *place*, a file or a folder, that go into an image."""
    for path in place.rglob("*") if place.is_dir() else [place]:
        cached = any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts)
        if path.is_file() and not cached and path.name not in NOT_IN_THE_IMAGE:
            yield path
