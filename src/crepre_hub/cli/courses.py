"""What the commands about courses share: the lab's desks, and words for what they print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crepre_hub.cli.settings import image_names
from crepre_hub.cli.terminal import lab_root, told
from crepre_hub.courses.course import Course
from crepre_hub.courses.keys import Key
from crepre_hub.errors import CourseError
from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.settings.last_good import settings_or_last_good

if TYPE_CHECKING:
    from crepre_hub.wiring import Wiring

CourseId = Annotated[str, typer.Argument(help="The course's short name.", metavar="COURSE")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


@contextmanager
def lab_desks() -> Iterator[Wiring]:
    """The lab's desks, on the files and the database that the running lab uses as well."""
    from crepre_hub.wiring import Wiring  # noqa: PLC0415  (JupyterHub takes long to import)

    with told():
        settings = settings_or_last_good(lab_root())
        ensure_state_folder(settings)
        wiring = Wiring(settings, tuple(image_names()), settings.lab.servers.backend)
        try:
            yield wiring
        finally:
            if "engine" in vars(wiring):
                wiring.engine.dispose()


def key_of(course: Course, written: str) -> Key:
    """Somebody as this course's lists write them."""
    try:
        return course.key_of(written)
    except ValueError as error:
        raise CourseError(
            f"The {course.members_by} {error}.",
            remedy=f"People of {course.id} are told by {course.members_by}.",
        ) from None


def in_words(moment: datetime | None) -> str:
    """A moment for people, in the machine's time zone."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
