"""Read ``lab.toml`` and ``courses/*.toml``; report all mistakes at once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from crepre_hub.courses.course import Course
from crepre_hub.errors import SettingsError
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.problems import Problem, near_miss, problems_in

LAB_FILE = "lab.toml"
COURSE_FOLDER = "courses"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything an admin wrote.

    Attributes:
        root: The folder that holds ``lab.toml``.
        lab: That file.
        courses: One for each course file, in the order of the files' names.
    """

    root: Path
    lab: Lab
    courses: tuple[Course, ...]

    @property
    def state(self) -> Path:
        """Where the lab keeps what it makes itself: databases, secrets, logs."""
        return self.root / "var"


class SettingsProblems(SettingsError):
    """
    One or more files cannot be used.

    Attributes:
        problems: All of them.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def read_settings(root: Path, *, images: Iterable[str]) -> Settings:
    """
    All settings below *root*.

    Args:
        root: The folder that holds ``lab.toml`` and ``courses/``.
        images: Names of the image folders that course files may name.

    Raises:
        SettingsProblems: With every mistake in every file.
    """
    problems: list[Problem] = []
    lab = _collect(problems, lambda: read_lab(root / LAB_FILE))
    courses: dict[Path, Course] = {}
    for file in course_files(root):
        course = _collect(problems, partial(read_course, file, images=images))
        if course is not None:
            courses[file] = course
    problems.extend(ensure_ids_differ(courses))
    if problems or lab is None:
        raise SettingsProblems(problems)
    return Settings(root, lab, tuple(courses.values()))


def course_files(root: Path) -> list[Path]:
    """The course files below *root*, in the order of their names."""
    return sorted((root / COURSE_FOLDER).glob("*.toml"))


def read_lab(file: Path) -> Lab:
    """The lab's settings in *file*; raises ``SettingsProblems``."""
    return _parse(LAB_FILE, Lab, _read_toml(file, LAB_FILE))


def read_course(file: Path, *, images: Iterable[str]) -> Course:
    """The course in *file*, whose images must be among *images*; raises ``SettingsProblems``."""
    name = f"{COURSE_FOLDER}/{file.name}"
    values = {"id": file.stem, **_read_toml(file, name)}
    course = _parse(name, Course, values)
    problems = [*_unknown_default(name, course), *_missing_images(name, course, list(images))]
    if problems:
        raise SettingsProblems(problems)
    return course


def ensure_ids_differ(courses: dict[Path, Course]) -> list[Problem]:
    """A problem for each course whose id an earlier file has already."""
    first: dict[str, Path] = {}
    problems = []
    for file, course in courses.items():
        if (other := first.setdefault(course.id, file)) != file:
            text = f"{course.id!r} is the id of {COURSE_FOLDER}/{other.name} as well; change one"
            problems.append(Problem(f"{COURSE_FOLDER}/{file.name}", "id", text))
    return problems


def _unknown_default(name: str, course: Course) -> list[Problem]:
    if not course.default_profile or course.default_profile in course.profiles:
        return []
    text = f"unknown profile {course.default_profile!r}"
    text += near_miss(course.default_profile, course.profiles)
    return [Problem(name, "default_profile", text)]


def _missing_images(name: str, course: Course, images: list[str]) -> list[Problem]:
    """A profile's image is a folder under ``images/`` or a full reference, with ``/`` or ``:``."""
    return [
        Problem(
            name,
            f"profiles/{key}/image",
            f"there is no image {profile.image!r}{near_miss(profile.image, images)}"
            f" (images here: {', '.join(images) or 'none'}; or name one with its tag, 'name:tag')",
        )
        for key, profile in course.profiles.items()
        if not set("/:") & set(profile.image) and profile.image not in images
    ]


def _collect(problems: list[Problem], read: Callable[[], Model]) -> Model | None:
    """What *read* returns; where it cannot, its problems join *problems*."""
    try:
        return read()
    except SettingsProblems as error:
        problems.extend(error.problems)
        return None


def _read_toml(file: Path, name: str) -> dict[str, object]:
    """The tables in *file*; raises ``SettingsProblems`` under *name*."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        text = f"there is no such file in {file.parent}; make one with: crepre init"
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        text = f"line {line} is not UTF-8; save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        text = f"is not TOML: {error}"
    raise SettingsProblems([Problem(name, "", text)])


def _parse(name: str, model: type[Model], values: dict[str, object]) -> Model:
    """
    *values* as a *model*.

    By way of JSON, where a list may become a set though the model is strict, so that
    ``open = "yes"`` and ``cpus = "2"`` are mistakes. So are TOML's dates: no setting is one.
    """
    try:
        return model.model_validate_json(
            json.dumps(values, default=lambda date: {"date": str(date)})
        )
    except ValidationError as error:
        raise SettingsProblems(problems_in(name, model, error)) from None
