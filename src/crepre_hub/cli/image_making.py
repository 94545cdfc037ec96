"""What ``crepre image build`` and ``verify`` do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import typer

from crepre_hub.cli.findings import print_findings, worst_exit
from crepre_hub.cli.settings import lab_settings
from crepre_hub.cli.terminal import err, lab_root, out, print_json, progress_bar, told
from crepre_hub.courses.course import Course
from crepre_hub.errors import SettingsError
from crepre_hub.ops.image_folders import find_image_folder, image_folders
from crepre_hub.ops.images import BuiltImage, verify_image
from crepre_hub.ops.lab_images import HUGE, build_site, ensure_course_images, images_of
from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.settings.own_images import own_folder
from crepre_hub.settings.problems import near_miss
from crepre_hub.settings.reader import COURSE_FOLDER, LAB_FILE, Settings
from crepre_hub.units import format_memory


def build_images(name: str, *, base: str | None, untried: bool, as_json: bool) -> None:
    """Build one image; or what the lab needs, with its courses' own."""
    built = []
    with told():
        settings = _settings_or_none()
        if settings is not None:
            ensure_state_folder(settings)
        site = build_site(settings, base=base)
        for each in [name] if name else _names(settings, "build"):
            with progress_bar(f"Building {each}") as on_step:
                built.append(site.build(each, on_step, untried=untried))
            _tell([built[-1]], as_json)
        if settings is not None and not name:
            for course in settings.courses:
                built += _build_own(settings, course, untried=untried, as_json=as_json)
    if as_json:
        print_json([asdict(image) for image in built])


def build_course(course: str, *, untried: bool, as_json: bool) -> None:
    """Build a course's own image on each image that its profiles name."""
    with told():
        settings = lab_settings()
        ensure_state_folder(settings)
        found = _course(settings, course)
        built = _build_own(settings, found, untried=untried, as_json=as_json)
    if as_json:
        print_json([asdict(image) for image in built])
    elif not built:
        folder = own_folder(settings.root, course).relative_to(settings.root)
        out.print(
            f"The course {course} asks for nothing of its own in {folder}/, so its profiles run on"
            " the images that they name.",
            markup=False,
        )


def verify_images(name: str, *, as_json: bool) -> None:
    """Print what the images' own checks find; exit code 1 if one fails."""
    with told():
        settings = _settings_or_none()
        environment = build_site(settings).environment
        findings = [
            each
            for image in ([name] if name else verifiable(_names(settings, "verify")))
            for each in verify_image(image, environment=environment)
        ]
    print_findings(findings, as_json)
    raise typer.Exit(worst_exit(findings))


def _build_own(
    settings: Settings, course: Course, *, untried: bool, as_json: bool
) -> tuple[BuiltImage, ...]:
    with progress_bar(f"Building the own image of {course.id}") as on_step:
        built = ensure_course_images(settings, course, on_step, untried=untried)
    _tell(built, as_json)
    return built


def _settings_or_none() -> Settings | None:
    """The lab's settings, where the command is typed in a lab."""
    return lab_settings() if (lab_root() / LAB_FILE).exists() else None


def _course(settings: Settings, wanted: str) -> Course:
    ids = [course.id for course in settings.courses]
    for course in settings.courses:
        if course.id == wanted:
            return course
    raise SettingsError(
        f"There is no course {wanted!r} in {COURSE_FOLDER}/{near_miss(wanted, ids)}.",
        remedy=f"There is: {', '.join(ids) or 'none'}.",
    )


def _names(settings: Settings | None, what: str) -> list[str]:
    """What the lab needs; where there is none, all but what takes gigabytes."""
    if settings is not None:
        return images_of(settings)
    names = [folder.name for folder in image_folders()]
    for name in sorted(HUGE & set(names)):
        err.print(f"Left out, since it takes gigabytes: crepre image {what} {name}", markup=False)
    return [name for name in names if name not in HUGE]


def _tell(built: Iterable[BuiltImage], as_json: bool) -> None:
    """A line for each, as soon as it is there; programs get all at the end."""
    for image in () if as_json else built:
        how = "was here" if image.was_there else f"built in {image.seconds:.0f} s"
        out.print(f"{image.tag}  {format_memory(image.size_bytes)}  {how}", markup=False)
        if image.held:
            out.print(
                "Students do not get it, since it was rolled back."
                f" To use it again: crepre image rollback {image.name}",
                markup=False,
            )


def verifiable(names: Iterable[str]) -> list[str]:
    """Those of *names* that bring a ``verify``."""
    return [name for name in names if (find_image_folder(name).path / "verify").exists()]
