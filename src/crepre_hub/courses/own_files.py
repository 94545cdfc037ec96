"""
What a course asks for on top of its images: ``apt.txt``, ``requirements.txt`` and ``postBuild``.

The names are repo2docker's, and so is what they mean, except where ``docs/images.md`` says why not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

APT, REQUIREMENTS, POST_BUILD = "apt.txt", "requirements.txt", "postBuild"
OWN_FILES = (APT, REQUIREMENTS, POST_BUILD)

APT_PACKAGE = re.compile(r"^[a-z0-9][a-z0-9.+-]+(:[a-z0-9]+)?(=[A-Za-z0-9.+~:-]+)?$")
COMMENT = re.compile(r"(^|\s)#.*$")
OUTSIDE = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable")
"""Options of pip that name another file, and the build has no other."""

Locked = Mapping[str, Sequence[str]]
"""Versions of each package that an image may hold; of several, the last is the likely one."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """
    One thing that is wrong in one of the files.

    Attributes:
        line: Counted from 1.
    """

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """
    The files of one course.

    Attributes:
        course: Its id.
        texts: What is in each of them; a file that is not there, or empty, is left out.
    """

    course: str
    texts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of all, in hexadecimal; the same for the same files everywhere."""
        digest = hashlib.sha256()
        for name in OWN_FILES:
            text = self.texts.get(name, "")
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
        return digest.hexdigest()

    def complaints(self, locked: Locked) -> tuple[Complaint, ...]:
        """What can be seen to be wrong before anything is built."""
        return (
            *apt_complaints(self.texts.get(APT, "")),
            *requirement_complaints(self.texts.get(REQUIREMENTS, ""), locked),
        )


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Each line that says something, without its comment, with its number."""
    for number, line in enumerate(text.splitlines(), 1):
        if said := COMMENT.sub("", line).strip():
            yield number, said


def apt_packages(text: str) -> Iterator[tuple[int, str]]:
    """Each package in an ``apt.txt``, with the number of its line."""
    for number, line in lines_of(text):
        yield from ((number, word) for word in line.split())


def apt_complaints(text: str) -> Iterator[Complaint]:
    """Words that cannot be packages; apt would take some of them for options."""
    for number, word in apt_packages(text):
        if not APT_PACKAGE.match(word):
            yield Complaint(APT, number, f"{word!r} is not the name of a Debian package")


def requirements_in(text: str) -> Iterator[tuple[int, Requirement]]:
    """Each requirement by name in a ``requirements.txt``, with the number of its line."""
    for number, line in lines_of(text):
        try:
            yield number, Requirement(line.split(" --")[0].rstrip("\\ "))
        except InvalidRequirement:
            continue


def requirement_complaints(text: str, locked: Locked) -> Iterator[Complaint]:
    """What pip could not read, and what no version of the image's own packages fulfils."""
    for number, line in lines_of(text):
        if re.split(r"[\s=]", line, maxsplit=1)[0] in OUTSIDE:
            yield Complaint(REQUIREMENTS, number, f"{line!r} names a file; the build has no other")
        elif re.match(r"[\w.]", line) and "://" not in line:
            yield from _complaint_about(number, line, locked)


def _complaint_about(number: int, line: str, locked: Locked) -> Iterator[Complaint]:
    try:
        wish = Requirement(line.split(" --", maxsplit=1)[0].rstrip("\\ "))
    except InvalidRequirement as error:
        text = f"{line!r} is not a requirement ({str(error).splitlines()[0]})"
        yield Complaint(REQUIREMENTS, number, text)
        return
    versions = locked.get(canonicalize_name(wish.name), ())
    if versions and not any(wish.specifier.contains(each, prereleases=True) for each in versions):
        text = f"asks for {wish.name}{wish.specifier}, and the image has {versions[-1]}"
        yield Complaint(REQUIREMENTS, number, text)
