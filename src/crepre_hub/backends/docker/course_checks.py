"""What the doctor looks at where courses have images of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docker.errors import ImageNotFound

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.engine import client_at
from crepre_hub.findings import Finding
from crepre_hub.ops.course_image import STANDS_ON_LABEL
from crepre_hub.ops.image_builds import HELD
from crepre_hub.ops.images import LOCK_LABEL
from crepre_hub.ops.lab_images import course_images_of
from crepre_hub.settings.own_images import read_own_images, remedy
from crepre_hub.settings.reader import COURSE_FOLDER, Settings


@dataclass(frozen=True, slots=True)
class CourseImageFacts:
    """
    A course's own image, or what there should be of it.

    Attributes:
        below: The image that it stands on.
        wanted: Digest of the course's files; empty where it asks for nothing.
        is_used: Whether servers start from it.
        found: Digest of the files that it was built from; None where it is not here.
        is_on_current: Whether it stands on the build of *below* that students get.
        is_held: Whether what the files ask for was built, and rolled back.
    """

    course: str
    below: str
    wanted: str
    is_used: bool = False
    found: str | None = None
    is_on_current: bool = True
    is_held: bool = False


def look_at_course_images(engine: str, settings: Settings) -> tuple[CourseImageFacts, ...]:
    """Each image that a course wants, and each that it has."""
    wanted = {
        (course.id, each.below.name): each.files.digest
        for course in settings.courses
        for each in course_images_of(settings, course)
    }
    used = {(made.course, made.image): made.reference for made in read_own_images(settings.state)}
    with errors_as_ours("looking at courses' own images"):
        return tuple(
            _facts(engine, key, wanted.get(key, ""), used.get(key, ""))
            for key in sorted(wanted.keys() | used.keys())
        )


def _facts(engine: str, key: tuple[str, str], wanted: str, reference: str) -> CourseImageFacts:
    course, below = key
    image = _image_or_none(engine, reference) if reference else None
    if image is None:
        return CourseImageFacts(course, below, wanted, is_used=bool(reference))
    current = _image_or_none(engine, f"crepre/{below}:latest") or {}
    held = _image_or_none(engine, f"{reference.rpartition(':')[0]}:{HELD}")
    return CourseImageFacts(
        course,
        below,
        wanted,
        is_used=True,
        found=_labels(image).get(LOCK_LABEL, ""),
        is_on_current=_labels(image).get(STANDS_ON_LABEL) == current.get("Id"),
        is_held=held is not None and _labels(held).get(LOCK_LABEL) == wanted,
    )


def _image_or_none(engine: str, reference: str) -> dict[str, Any] | None:
    try:
        image: dict[str, Any] = client_at(engine).inspect_image(reference)
    except ImageNotFound:
        return None
    return image


def _labels(image: dict[str, Any]) -> dict[str, str]:
    return image["Config"].get("Labels") or {}


def judge_course_images(images: tuple[CourseImageFacts, ...]) -> Iterator[Finding]:
    """Only a missing image keeps students from starting; an outdated one starts as it was."""
    for image in images:
        yield _judge(image)
    if not images:
        yield Finding("ok", "No course asks for an image of its own.")


def _judge(image: CourseImageFacts) -> Finding:  # noqa: PLR0911  (a table)
    name, files = f"{image.course}/{image.below}", f"{COURSE_FOLDER}/{image.course}/"
    build = remedy(image.course)
    if not image.is_used:
        text = f"What {files} asks for is not built: servers start from {image.below} without it."
        return Finding("warning", text, remedy=build)
    if image.found is None:
        return Finding("error", f"The image {name} is not here.", remedy=build)
    if not image.wanted:
        text = f"{files} asks for nothing on {image.below} any more, but servers still have it."
        return Finding("warning", text, remedy=build)
    if image.is_held:
        text = f"The image {name} was rolled back to an earlier build."
        return Finding("warning", text, remedy=f"To use it again: crepre image rollback {name}")
    if image.found != image.wanted:
        text = f"{files} has changed since {name} was built; students go on without the change."
        return Finding("warning", text, remedy=build)
    if not image.is_on_current:
        text = f"The image {name} stands on another build of {image.below} than students get."
        return Finding("warning", text, remedy=build)
    return Finding("ok", f"The image {name} is here and matches its files.")
