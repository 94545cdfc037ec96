"""Which settings count at this moment, and what is wrong in the files beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.courses.course import Course
from crepre_hub.findings import Finding
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.live import course_or_last_good
from crepre_hub.settings.problems import Problem
from crepre_hub.settings.reader import (
    COURSE_FOLDER,
    LAB_FILE,
    Settings,
    SettingsProblems,
    course_files,
    ensure_ids_differ,
    read_lab,
)

LOOK_CLOSER = "See all of it with: crepre check"


@dataclass(frozen=True, slots=True)
class LabFile:
    """
    ``lab.toml`` and the lab that runs.

    Attributes:
        problems: What is wrong in the file.
        now: The file as it is; None where it is broken.
        running: What the lab that is up was started with; None where none is up.
    """

    problems: tuple[Problem, ...]
    now: Lab | None
    running: Lab | None

    @property
    def in_use(self) -> Lab | None:
        """What the other checks go by."""
        return self.running or self.now


@dataclass(frozen=True, slots=True)
class CourseFile:
    """
    One course file.

    Attributes:
        course: What counts: the file, or its last good version; None where there is neither.
        problems: What is wrong in the file as it is.
    """

    name: str
    course: Course | None
    problems: tuple[Problem, ...]


def look_at_lab_file(root: Path, *, is_up: bool) -> LabFile:
    """``lab.toml`` below *root*; *is_up* tells whether the lab runs."""
    running = _lab_or_none(root / "var" / "last-good" / LAB_FILE) if is_up else None
    try:
        return LabFile((), read_lab(root / LAB_FILE), running)
    except SettingsProblems as error:
        return LabFile(error.problems, None, running)


def _lab_or_none(file: Path) -> Lab | None:
    try:
        return read_lab(file)
    except SettingsProblems:
        return None


def look_at_course_files(root: Path, images: Iterable[str]) -> tuple[CourseFile, ...]:
    """The course files below *root*; writes nothing."""
    names = tuple(images)
    kept = root / "var" / "last-good" / COURSE_FOLDER
    read = {file: course_or_last_good(file, kept, names) for file in course_files(root)}
    twice = ensure_ids_differ({file: course.id for file, (course, _) in read.items() if course})
    found = []
    for file, (course, problems) in read.items():
        name = f"{COURSE_FOLDER}/{file.name}"
        doubled = tuple(problem for problem in twice if problem.file == name)
        found.append(CourseFile(name, None if doubled else course, (*problems, *doubled)))
    return tuple(found)


def settings_in_use(root: Path, lab: LabFile, files: Iterable[CourseFile]) -> Settings:
    """What the checks go by; with a lab of defaults where there is none that can be read."""
    courses = tuple(file.course for file in files if file.course is not None)
    return Settings(root, lab.in_use or Lab(), courses)


def judge_lab_file(seen: LabFile) -> Iterator[Finding]:
    """A broken file keeps a lab from starting, and waits for its moment while one runs."""
    for problem in seen.problems:
        if seen.running is None:
            yield Finding("error", str(problem), remedy=LOOK_CLOSER)
        else:
            yield Finding("warning", f"{problem}{_GOES_ON}", remedy=LOOK_CLOSER)
    if seen.now and seen.running and seen.now != seen.running:
        text = f"{LAB_FILE} was changed since the lab started, which goes on as it began."
        yield Finding("warning", text, remedy="crepre down && crepre up --detach")
    elif seen.now:
        yield Finding("ok", f"{LAB_FILE} is fine.")


def judge_course_files(files: tuple[CourseFile, ...]) -> Iterator[Finding]:
    """A broken file with a last good version can wait; one without takes its course away."""
    if not files:
        text = f"There is no course in {COURSE_FOLDER}/, so nobody can start anything."
        yield Finding("error", text, remedy="Write a first one with: crepre init")
    for file in files:
        remedy = f"See all of it with: crepre check {file.name}"
        for problem in file.problems:
            if file.course is None:
                text = f"{problem} (the course is not offered)"
                yield Finding("error", text, remedy=remedy)
            else:
                yield Finding("warning", f"{problem}{_GOES_ON}", remedy=remedy)
    yield from _what_is_offered(files)


def _what_is_offered(files: tuple[CourseFile, ...]) -> Iterator[Finding]:
    courses = [file.course for file in files if file.course is not None]
    for course in courses:
        if not course.open and not any(people for _, people in course.roles()):
            text = f"Nobody is in the course {course.id}, and it is not open."
            yield Finding("warning", text, remedy="See how to list people: crepre docs course")
    if courses and not any(file.problems for file in files):
        yield Finding("ok", f"Courses: {', '.join(course.id for course in courses)}.")


_GOES_ON = " (the last good version goes on)"
