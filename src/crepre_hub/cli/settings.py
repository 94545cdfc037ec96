"""``crepre init`` and ``crepre check``: the files that an admin writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from crepre_hub.cli.terminal import MISUSE, AsJson, err, lab_root, out, print_json, told
from crepre_hub.courses.course import Course
from crepre_hub.doctor.gpus import look_at_wishes
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.ops.lock_file import locked_in
from crepre_hub.ops.project import ensure_ours
from crepre_hub.settings.own_images import own_problems, stray_folders
from crepre_hub.settings.reader import (
    COURSE_FOLDER,
    LAB_FILE,
    Settings,
    SettingsProblems,
    read_course,
    read_lab,
    read_settings,
)
from crepre_hub.settings.samples import ensure_samples


def init() -> None:
    """Write a commented lab.toml and a first course here; files that are there stay."""
    with told():
        ensure_ours(lab_root())
        made = ensure_samples(lab_root())
    for path in made:
        out.print(f"Wrote {path}", markup=False)
    if not made:
        out.print(f"{LAB_FILE} and {COURSE_FOLDER}/ are here already; nothing was changed.")


def check(
    file: Annotated[Path | None, typer.Argument(help="One file; all of them without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes in lab.toml and the course files; starts nothing."""
    try:
        summary = _check(file)
    except SettingsProblems as error:
        _print_problems(error, as_json)
        raise typer.Exit(MISUSE) from None
    if as_json:
        print_json({"problems": []})
    else:
        out.print(summary, markup=False)


def lab_settings() -> Settings:
    """Everything the admin wrote; raises ``SettingsProblems``."""
    return read_settings(lab_root(), images=image_names())


def ensure_gpus_fit(settings: Settings) -> str:
    """
    What the admin should know of GPUs that are not found; empty for nothing.

    Raises:
        SettingsProblems: For what the files ask of GPUs that this machine never had.
    """
    seen = look_at_wishes(settings)
    if seen.problems:
        raise SettingsProblems(seen.problems)
    return seen.missing_in_words


def image_names() -> list[str]:
    """Images that a course file may name by their folder."""
    return [folder.name for folder in image_folders()]


def _check(file: Path | None) -> str:
    if file is None:
        settings = lab_settings()
        _check_own_files(settings.root, settings.courses)
        _check_folders(settings)
        missing = ensure_gpus_fit(settings)
        courses = ", ".join(course.id for course in settings.courses) or "none"
        return f"{LAB_FILE} and the courses are fine (courses: {courses}). {missing}".strip()
    if file.name == LAB_FILE:
        read_lab(file, name=str(file))
    else:
        course = read_course(file, images=image_names(), name=str(file))
        _check_own_files(file.resolve().parents[1], [course])
    return f"{file} is fine."


def _check_own_files(root: Path, courses: Iterable[Course]) -> None:
    """Raise ``SettingsProblems`` for what is wrong in what courses ask for beside their files."""
    locks = {folder.name: locked_in(folder) for folder in image_folders()}
    problems = [each for course in courses for each in own_problems(root, course, locks)]
    if problems:
        raise SettingsProblems(problems)


def _check_folders(settings: Settings) -> None:
    """Raise ``SettingsProblems`` for folders whose name is no course's."""
    if problems := stray_folders(settings.root, settings.courses):
        raise SettingsProblems(problems)


def _print_problems(error: SettingsProblems, as_json: bool) -> None:
    if as_json:
        each = [{"file": p.file, "path": p.path, "text": p.text} for p in error.problems]
        print_json({"problems": each})
        return
    for problem in error.problems:
        err.print(str(problem), style="red", markup=False)
