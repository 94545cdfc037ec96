"""The folder ``images/`` of this project: which images there are, and what each should hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import crepre_hub
from crepre_hub.errors import ImageMissing, SettingsError

SEAT = "seat"
"""The folder of the package that every student's server holds."""

NOT_IN_THE_IMAGE = {"requirements.in", "excludes.txt"}
"""What the lock was made from; a comment changed there changes no image."""


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """
    One image's recipe; *path* holds a ``Dockerfile``.

    A student's server has ``lock.txt`` and ``verify`` beside it, and the package seat in it.
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
    def seat(self) -> Path:
        """The package that every student's server holds."""
        return self.path.parent / SEAT

    @property
    def has_seat(self) -> bool:
        """Whether the image holds the package seat; its Dockerfile copies it then."""
        return "\nCOPY seat " in (self.path / "Dockerfile").read_text()

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
    The SHA-256 of all that makes the image: its folder, and the package seat if it holds that.

    Hexadecimal, 64 digits. The same in every clone: times, owners and caches do not count.
    """
    digest = hashlib.sha256()
    seat = files_of(folder.seat) if folder.has_seat else ()
    for path in sorted([*files_of(folder.path), *seat]):
        name = path.relative_to(folder.path.parent).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def files_of(folder: Path) -> Iterator[Path]:
    """The files of a recipe that go into an image."""
    for path in folder.rglob("*"):
        cached = any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts)
        if path.is_file() and not cached and path.name not in NOT_IN_THE_IMAGE:
            yield path
