"""A course's folders where servers are processes of one user: kept apart by nobody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from crepre_hub.backends.backend import CourseFolder
from crepre_hub.backends.local.removal import remove_folder
from crepre_hub.courses.folders import FOLDERS
from crepre_hub.errors import BackendError


def course_place(state: Path, course: str) -> Path:
    """The folder that holds both of *course*."""
    return state / "courses" / course


def ensure_folders(state: Path, course: str) -> None:
    """
    Make the folders of *course* where there are none.

    Raises:
        BackendError: If they cannot be made.
    """
    place = course_place(state, course)
    try:
        for folder in FOLDERS:
            (place / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackendError(f"{place} cannot be made: {error.strerror}.") from error


def put_into(
    state: Path, course: str, files: Sequence[Path], folder: str, into: PurePosixPath
) -> None:
    """
    Copy *files* and all in them.

    Raises:
        BackendError: If one could not be copied; some of the files may be there.
    """
    ensure_folders(state, course)
    place = course_place(state, course) / folder / into
    try:
        place.mkdir(parents=True, exist_ok=True)
        for file in files:
            _copy(file, place / file.absolute().name)
    except OSError as error:
        raise BackendError(f"The files could not be copied: {error}") from error


def _copy(source: Path, target: Path) -> None:
    """Links stay links; what is no file, folder or link stays out."""
    if source.is_symlink():
        target.unlink(missing_ok=True)
        target.symlink_to(source.readlink())
    elif source.is_dir():
        target.mkdir(exist_ok=True)
        for each in source.iterdir():
            _copy(each, target / each.name)
    elif source.is_file() or not source.exists():
        shutil.copy2(source, target)


def look_at_folders(state: Path, course: str) -> Sequence[CourseFolder]:
    """Where the folders of *course* are and how large."""
    place = course_place(state, course)
    return tuple(
        CourseFolder(folder, str(place / folder), _size_or_none(place / folder))
        for folder in FOLDERS
    )


def remove_folders(state: Path, course: str) -> None:
    """
    Remove the folders of *course*; what an admin has put in the place of one, a link, is theirs.

    Raises:
        BackendError: If one is still there.
    """
    place = course_place(state, course)
    for folder in FOLDERS:
        remove_folder(place / folder, f"The folder {folder} of {course}")
        if (place / folder).is_symlink():
            raise BackendError(
                f"{place / folder} is a link, and what it leads to stays.",
                remedy="Remove both by hand, if nobody needs them.",
            )
    with suppress(OSError):  # something else is in it, or it is a link
        place.rmdir()


def _size_or_none(folder: Path) -> int | None:
    """Bytes in *folder*; None where there is none. Links are not followed."""
    if not folder.is_dir():
        return None
    return sum(
        os.lstat(Path(above, name)).st_size
        for above, _, names in os.walk(folder)
        for name in names
        if os.path.lexists(Path(above, name))
    )
