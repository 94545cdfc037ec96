"""What the locks name, in a form that can be looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

LOCKS = ("requirements/hub.txt", "images/*/lock.txt")
"""Below the project's folder: what a lab runs on, and what students run."""


class LockError(Exception):
    """A line of a lock that names no version that could be looked up."""


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One version of one package, whatever Python it is for."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def lock_files(root: Path) -> list[Path]:
    """All locks below *root* that are looked up."""
    return sorted(file for pattern in LOCKS for file in root.glob(pattern))


def pins_in(text: str) -> frozenset[Pin]:
    """
    Every pin in the lock *text*, under whatever marker.

    Raises:
        LockError: If a requirement is not ``name==version``.
    """
    return frozenset(_pin(line) for line in _requirements(text))


def sheets(pins: Iterable[Pin]) -> Iterator[str]:
    """
    *pins* as requirement files, in each of which a package stands once.

    Locks for several Pythons name some packages twice, which pip-audit takes for a mistake.
    """
    rest = sorted(pins)
    while rest:
        first = {pin.name: pin for pin in reversed(rest)}
        yield "".join(f"{pin.name}=={pin.version}\n" for pin in sorted(first.values()))
        rest = [pin for pin in rest if first[pin.name] != pin]


def _requirements(text: str) -> Iterator[str]:
    """Lines of *text* without comments, hashes and options."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.partition(" #")[0].partition("--hash=")[0].strip()
        if words and not words.startswith(("#", "-")):
            yield words


def _pin(words: str) -> Pin:
    try:
        wanted = Requirement(words)
        (only,) = wanted.specifier
        if only.operator != "==":
            raise LockError(f"{words!r} is not one version")
        return Pin(canonicalize_name(wanted.name), Version(only.version).public)
    except (InvalidRequirement, InvalidVersion, ValueError) as error:
        raise LockError(f"{words!r} names no version that could be looked up") from error
