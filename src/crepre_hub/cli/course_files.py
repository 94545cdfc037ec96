"""A course's data and what it shares: where they are, how large, and how files get there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer
from rich.status import Status

from crepre_hub.cli.courses import CourseId, lab_desks
from crepre_hub.cli.lab_backend import lab_backend
from crepre_hub.cli.terminal import err, out
from crepre_hub.courses.folders import DATA, SHARED
from crepre_hub.errors import BackendError, CourseError
from crepre_hub.units import format_memory

if TYPE_CHECKING:
    from crepre_hub.backends.backend import CourseFolder

MiB = 1024**2

Folders = Sequence["CourseFolder"]


def put(
    course_id: CourseId,
    files: Annotated[list[Path], typer.Argument(help="Files, and folders with all in them.")],
    into: Annotated[str, typer.Option(help="Where in the data, such as week3.")] = "",
    shared: Annotated[
        bool, typer.Option("--shared", help="To the folder in which everybody may write.")
    ] = False,
) -> None:
    """Copy files to the course's data, for its students to read; what has a name is replaced."""
    folder = SHARED if shared else DATA
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        place = place_within(into)
        missing = [str(each) for each in files if not os.path.lexists(each)]
        if missing:
            raise CourseError(f"There is no {', '.join(missing)}.")
        with Status("Copying", console=err):
            lab_backend().put(course.id, files, folder, place)
    seen = Path("~/courses", course.id, folder, place)
    out.print(f"Copied; people of {course.id} find it in {seen}", markup=False)


def folders_or_why_not(course_id: str) -> tuple[Folders, str]:
    """The folders of a course; none, and a reason, where that cannot be said now."""
    try:
        return lab_backend().course_folders(course_id), ""
    except BackendError as error:
        return (), error.message


def place_within(text: str) -> PurePosixPath:
    """
    A path below a course's folder, as somebody typed it; empty for the folder itself.

    Raises:
        CourseError: If it leads out of it.
    """
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        raise CourseError(
            f"{text!r} is not a place within the course's folder.", remedy="Write it like: week3"
        )
    return path


def folder_words(folders: Folders, why_not: str) -> Iterator[str]:
    """A line for each folder."""
    for each in folders:
        yield f"{each.name:<11}{_size(each.size_bytes)}, {each.place}"
    if why_not:
        yield f"{DATA:<11}not known: {why_not}"


def _size(size_bytes: int | None) -> str:
    if not size_bytes:
        return "empty" if size_bytes is not None else "not made yet"
    return "under 1 MiB" if size_bytes < MiB else format_memory(size_bytes)
