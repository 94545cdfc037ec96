"""Which line of a course's own files a failed build is about, from what the build said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from packaging.utils import canonicalize_name

from crepre_hub.courses.own_files import (
    APT,
    POST_BUILD,
    REQUIREMENTS,
    Complaint,
    OwnFiles,
    apt_packages,
    requirements_in,
)

APT_ERRORS = (
    (r"E: Unable to locate package (\S+)", "there is no Debian package {!r}"),
    (r"E: Package '?([^' ]+)'? has no installation candidate", "there is no Debian package {!r}"),
    (
        r"E: Couldn't find any package by (?:glob|regex) '([^']+)'",
        "there is no Debian package {!r}",
    ),
    (r"E: Version '[^']+' for '([^']+)' was not found", "there is no such version of {!r}"),
)
PIP_ERRORS = (
    (r"No matching distribution found for ([\w.-]+)", "no version of {!r} can be had"),
    (r"The user requested ([\w.-]+)", "{!r} cannot be had beside what the image holds"),
    (r"Cannot install ([\w.-]+)", "{!r} cannot be had beside what the image holds"),
    (r"^\s*([\w.-]+) \S+ depends on ", "{!r} cannot be had beside what the image holds"),
    (r"Failed (?:to build|building wheel for) '?([\w.-]+)", "{!r} could not be built"),
)
PIP_AT_WORK = r"^\s*Collecting ([\w.-]+).*requirements\.txt \(line (\d+)\)\)"
"""Said of each package, also of one that somebody else needs, with the line it came by."""

PIP_LINE = r"\(from line (\d+) of \S*requirements\.txt\)"
POST_BUILD_LINES = (
    r"crepre: postBuild line (\d+): (.*)",
    r"postBuild: line (\d+): (.*)",
    r"postBuild: (\d+): (.*)",
    r'File "\S*postBuild", line (\d+)()',
)
"""What our trap, bash, dash and Python say."""


def find_failure(step: str, said: Sequence[str], files: OwnFiles) -> Complaint | None:
    """
    The line that a build failed at; None where it cannot be told.

    Args:
        step: The title of the step that failed.
        said: The last lines of its output.
    """
    find = {APT: _in_apt, REQUIREMENTS: _in_requirements, POST_BUILD: _in_post_build}.get(step)
    return next(find(said, files.texts.get(step, "")), None) if find else None


def _in_apt(said: Sequence[str], text: str) -> Iterator[Complaint]:
    lines = {name.split("=")[0]: number for number, name in apt_packages(text)}
    yield from _named(APT, APT_ERRORS, said, lambda name: lines.get(name))  # noqa: PLW0108


def _in_requirements(said: Sequence[str], text: str) -> Iterator[Complaint]:
    for line in said:
        if found := re.search(PIP_LINE, line):
            yield Complaint(REQUIREMENTS, int(found[1]), "is not a requirement")
    lines = {canonicalize_name(wish.name): number for number, wish in requirements_in(text)}
    yield from _named(
        REQUIREMENTS, PIP_ERRORS, said, lambda name: lines.get(canonicalize_name(name))
    )
    for line in reversed(said):
        if (found := re.search(PIP_AT_WORK, line)) and any("error: " in each for each in said):
            yield Complaint(REQUIREMENTS, int(found[2]), f"{found[1]!r} could not be built")


def _named(
    file: str,
    errors: Sequence[tuple[str, str]],
    said: Sequence[str],
    line_of: Callable[[str], int | None],
) -> Iterator[Complaint]:
    """Complaints about what is named in *said* and stands in *file*; gravest kind first."""
    for pattern, text in errors:
        for line in said:
            found = re.search(pattern, line)
            number = line_of(found[1]) if found else None
            if found and number:
                yield Complaint(file, number, text.format(found[1]))


def _in_post_build(said: Sequence[str], text: str) -> Iterator[Complaint]:
    """The last word counts: lines before it failed and were borne."""
    for line in reversed(said):
        for pattern in POST_BUILD_LINES:
            if found := re.search(pattern, line):
                number = int(found[1])
                what = found[2].strip() or _line(text, number)
                yield Complaint(POST_BUILD, number, f"failed: {what}")


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""
