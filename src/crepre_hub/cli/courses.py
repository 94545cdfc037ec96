"""What the commands about courses share: the lab's desks, and words for what they print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from crepre_hub.cli.settings import image_names
from crepre_hub.cli.terminal import lab_root, told
from crepre_hub.courses.course import Course
from crepre_hub.courses.keys import Key
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.errors import CourseError
from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.settings.database import database_url
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.live import LiveCourses
from crepre_hub.sheets.roster import LONGEST_SECTION
from crepre_hub.store.course_stores import CourseStores
from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema

CourseId = Annotated[str, typer.Argument(help="The course's short name.", metavar="COURSE")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


@contextmanager
def lab_desks() -> Iterator[CourseDesks]:
    """The lab's desks, on the files and the database that the running lab uses as well."""
    with told():
        settings = settings_or_last_good(lab_root())
        ensure_state_folder(settings)
        courses = LiveCourses(settings.root, images=image_names())
        engine = open_engine(database_url(settings, "crepre"))
        try:
            ensure_schema(engine)
            yield CourseDesks(courses, CourseStores.on(engine))
        finally:
            engine.dispose()


def lab_url() -> str:
    """The address that people open."""
    return settings_or_last_good(lab_root()).lab.lab.url


def key_of(course: Course, written: str) -> Key:
    """Somebody as this course's lists write them."""
    try:
        return course.key_of(written)
    except ValueError as error:
        raise CourseError(
            f"The {course.members_by} {error}.",
            remedy=f"People of {course.id} are told by {course.members_by}.",
        ) from None


def section_of(written: str) -> str:
    """A section as the lab keeps it, and as every spreadsheet shows it."""
    plain = written.strip()
    if len(plain) > LONGEST_SECTION or not plain.isprintable() or plain[:1] in tuple("=+@-"):
        raise CourseError(
            f"{written[:40]!r} is not a section.",
            remedy=f"Write {LONGEST_SECTION} letters or digits at most.",
        )
    return plain


def in_words(moment: datetime | None) -> str:
    """A moment for people, in the machine's time zone."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
