"""
Course files that are edited while the lab runs.

A good edit counts from the next look on. A broken one keeps the last good version of that file
running, also over a restart of the hub: each accepted file is copied to ``var/last-good/``.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.courses.course import Course
from crepre_hub.settings.problems import Problem
from crepre_hub.settings.reader import (
    COURSE_FOLDER,
    LAB_FILE,
    SettingsProblems,
    course_files,
    ensure_ids_differ,
    read_course,
)
from crepre_hub.settings.stamp import stamp_of

log = logging.getLogger("crepre.settings")

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """
    The courses that count at a moment.

    Attributes:
        courses: Each file's last good version.
        problems: What is wrong in files that were edited since.
    """

    courses: tuple[Course, ...]
    problems: tuple[Problem, ...]


class LiveCourses:
    """
    The courses below *root*, looked at again whenever a file has changed.

    True at every moment: a file that was good once is offered until it is good again or gone;
    no file's mistake takes another file's course away.
    """

    def __init__(self, root: Path, *, images: Iterable[str]) -> None:
        self._root = root
        self._images = tuple(images)
        self._kept = root / "var" / "last-good" / COURSE_FOLDER
        self._seen: Fingerprint | None = None
        self._lab_at_start = stamp_of(root / LAB_FILE)
        self._shelf = Shelf((), ())

    def shelf(self) -> Shelf:
        """The courses now; reads files only if one has changed."""
        seen = tuple((file.name, *stamp_of(file)) for file in course_files(self._root))
        if seen != self._seen:
            self._shelf = self._read()
            self._seen = seen
        return self._with_lab_notice(self._shelf)

    def text_of(self, file: str) -> str:
        """What stands in *file*, called as a problem calls it; empty where it cannot be read."""
        try:
            return (self._root / file).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return ""

    def _with_lab_notice(self, shelf: Shelf) -> Shelf:
        if stamp_of(self._root / LAB_FILE) == self._lab_at_start:
            return shelf
        text = "was changed; the lab uses it after: crepre down && crepre up"
        return Shelf(shelf.courses, (*shelf.problems, Problem(LAB_FILE, "", text)))

    def _read(self) -> Shelf:
        problems: list[Problem] = []
        courses: dict[Path, Course] = {}
        for file in course_files(self._root):
            course, wrong = course_or_last_good(file, self._kept, self._images)
            problems.extend(wrong)
            if course is not None:
                courses[file] = course
        twice = ensure_ids_differ({file: course.id for file, course in courses.items()})
        problems.extend(twice)
        doubled = {problem.file for problem in twice}
        kept = {f: c for f, c in courses.items() if f"{COURSE_FOLDER}/{f.name}" not in doubled}
        wrong_files = {problem.file for problem in problems}
        for file in kept:
            if f"{COURSE_FOLDER}/{file.name}" not in wrong_files:
                self._keep(file)
        for problem in problems:
            log.error("%s (the last good version goes on)", problem)
        return Shelf(tuple(kept.values()), tuple(problems))

    def _keep(self, file: Path) -> None:
        """A disk that takes no copy takes no course away, and no older copy."""
        new = self._kept / f".{file.name}.new"
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, new)
            new.replace(self._kept / file.name)
        except OSError as error:
            log.error("%s is not kept for a restart: %s", file.name, error)


def course_or_last_good(
    file: Path, kept: Path, images: Iterable[str]
) -> tuple[Course | None, tuple[Problem, ...]]:
    """
    The course in *file*, or its last good version in the folder *kept*; None without either.

    Returns:
        The course, and what is wrong in *file* as it is.
    """
    names = tuple(images)
    try:
        return read_course(file, images=names), ()
    except SettingsProblems as error:
        problems = error.problems
    try:
        return read_course(kept / file.name, images=names), problems
    except SettingsProblems:
        return None, problems
