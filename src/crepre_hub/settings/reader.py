"""Read ``lab.toml`` and ``courses/*.toml``; report all mistakes at once."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from crepre_hub.courses.course import Course
from crepre_hub.errors import SettingsError
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.gpu_problems import reservation_problems
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.login import LoginSection, missing_settings
from crepre_hub.settings.problems import Problem, near_miss, problems_in
from crepre_hub.settings.secrets import secret_problems

LAB_FILE = "lab.toml"
COURSE_FOLDER = "courses"

GROUPS_ELSEWHERE = frozenset({"azure", "cilogon", "ldap", "oidc", "pam"})
"""Ways in whose groups are made by an administration."""

Model = TypeVar("Model", bound=BaseModel)
Read = TypeVar("Read")


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
    if lab is not None:
        wrong = secret_problems(lab.login, root=root, environ=os.environ)
        problems.extend(Problem(LAB_FILE, path, text) for path, text in wrong)
    files = _collect(problems, lambda: course_files(root)) or []
    read = [_collect(problems, partial(read_course, file, images=images)) for file in files]
    courses = [course for course in read if course is not None]
    problems.extend(ensure_ids_differ(_ids(files)))
    for file, course in zip(files, read, strict=True):
        if lab is not None and course is not None:
            problems.extend(_rules_for_anybody(f"{COURSE_FOLDER}/{file.name}", course, lab.login))
    if problems or lab is None:
        raise SettingsProblems(problems)
    return Settings(root, lab, tuple(courses))


def course_files(root: Path) -> list[Path]:
    """
    The course files below *root*, in the order of their names.

    Raises:
        SettingsProblems: If nobody lets us look.
    """
    try:
        files = sorted((root / COURSE_FOLDER).iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise SettingsProblems([Problem(f"{COURSE_FOLDER}/", "", text)]) from None
    return [file for file in files if file.name.endswith(".toml")]


def read_lab(file: Path, *, name: str = LAB_FILE) -> Lab:
    """The lab's settings in *file*; raises ``SettingsProblems``, which call it *name*."""
    lab = _parse(name, Lab, _read_toml(file, name))
    problems = [Problem(name, path, text) for path, text in missing_settings(lab.login)]
    if problems:
        raise SettingsProblems(problems)
    return lab


def read_course(file: Path, *, images: Iterable[str], name: str = "") -> Course:
    """
    The course in *file*, whose images must be among *images*.

    Raises:
        SettingsProblems: With all of its mistakes; they call the file *name*, if there is one.
    """
    name = name or f"{COURSE_FOLDER}/{file.name}"
    values = {"id": file.stem, **_read_toml(file, name)}
    problems: list[Problem] = []
    course = _collect(problems, lambda: _parse(name, Course, values))
    profiles = _tables(values.get("profiles"))
    problems += _unknown_default(name, values.get("default_profile"), profiles)
    problems += _missing_images(name, profiles, list(images))
    problems += reservation_problems(name, course) if course is not None else []
    if problems or course is None:
        raise SettingsProblems(problems)
    return course


def _rules_for_anybody(name: str, course: Course, login: LoginSection) -> Iterator[Problem]:
    """Rules about a group of one way in, which anybody could have by making one at another."""
    if "gitlab" not in login.kind or not GROUPS_ELSEWHERE & set(login.kind):
        return
    for number, rule in enumerate(course.rules):
        if rule.claim is not None and rule.claim.startswith("group:") and not rule.issuer:
            text = "is missing: say whose group it is, since anybody can make one at GitLab"
            yield Problem(name, f"rules/{number}/issuer", text)


def ensure_ids_differ(ids: Mapping[Path, str]) -> list[Problem]:
    """A problem for each course file whose id an earlier file has already."""
    first: dict[str, Path] = {}
    problems = []
    for file, word in ids.items():
        if (other := first.setdefault(word, file)) != file:
            text = f"{word!r} is the id of {COURSE_FOLDER}/{other.name} as well; change one"
            problems.append(Problem(f"{COURSE_FOLDER}/{file.name}", "id", text))
    return problems


def _ids(files: Iterable[Path]) -> dict[Path, str]:
    """The id in each of *files* that is TOML, whatever else is wrong in it."""
    found: dict[Path, str] = {}
    for file in files:
        with suppress(SettingsProblems):
            found[file] = str(_read_toml(file, file.name).get("id", file.stem))
    return found


def _tables(value: object) -> dict[str, dict[str, object]]:
    """Those in *value*, as it was read; what else stands there is a mistake of its own."""
    everything = value if isinstance(value, dict) else {}
    return {key: table for key, table in everything.items() if isinstance(table, dict)}


def _unknown_default(name: str, wanted: object, profiles: Iterable[str]) -> list[Problem]:
    if not isinstance(wanted, str) or not wanted or wanted in profiles:
        return []
    text = f"unknown profile {wanted!r}{near_miss(wanted, profiles)}"
    return [Problem(name, "default_profile", text)]


def _missing_images(
    name: str, profiles: Mapping[str, Mapping[str, object]], images: list[str]
) -> list[Problem]:
    """A profile's image is a folder under ``images/`` or a full reference, with ``/`` or ``:``."""
    default = Profile.model_fields["image"].default
    wanted = {key: table.get("image", default) for key, table in profiles.items()}
    return [
        Problem(
            name,
            f"profiles/{key}/image",
            f"there is no image {image!r}{near_miss(image, images)}"
            f" (images here: {', '.join(images) or 'none'}; or name one with its tag, 'name:tag')",
        )
        for key, image in wanted.items()
        if isinstance(image, str) and image and not set("/:") & set(image) and image not in images
    ]


def _collect(problems: list[Problem], read: Callable[[], Read]) -> Read | None:
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
        text = f"there is no such file in {file.resolve().parent}"
        text += "; make one with: crepre init" if name == LAB_FILE else ""
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        text = f"line {line} is not UTF-8; save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        text = f"is not TOML: {error}"
    except RecursionError:
        text = "cannot be read: lists stand in lists far too deep"
    raise SettingsProblems([Problem(name, "", text)])


def _parse(name: str, model: type[Model], values: dict[str, object]) -> Model:
    """
    *values* as a *model*.

    By way of JSON, where a list may become a set though the model is strict, so that
    ``open = "yes"`` and ``cpus = "2"`` are mistakes. So are TOML's dates where none is wanted.
    """
    try:
        return model.model_validate_json(
            json.dumps(values, default=lambda date: {"date": str(date)})
        )
    except ValidationError as error:
        raise SettingsProblems(problems_in(name, model, error)) from None
