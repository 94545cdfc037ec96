"""The images of a lab: which it needs, and where and from what they are built."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.backends.docker.engine import engine_from_environment
from crepre_hub.courses.course import Course
from crepre_hub.errors import CommandFailed, CrepreError, SettingsError, TrialFailed
from crepre_hub.names import own_repository
from crepre_hub.ops.build_shelf import OURS
from crepre_hub.ops.course_image import CourseImage, build_course_image
from crepre_hub.ops.image_build import OnStep
from crepre_hub.ops.image_builds import Build, ImageBuilds
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.ops.image_offer import builds_at
from crepre_hub.ops.images import BuiltImage, build_image
from crepre_hub.settings.own_images import (
    OwnImage,
    keep_images,
    read_own_files,
    read_own_images,
    record_image,
)
from crepre_hub.settings.reader import Settings

GUARD = "guard"
HUGE = frozenset({"course-gpu"})
"""Built only where they are asked for: to get them is to download gigabytes."""


@dataclass(frozen=True, slots=True)
class BuildSite:
    """
    Where images are built.

    Attributes:
        environment: For the docker program; ``DOCKER_HOST`` is the engine.
        base: What to build on; None is what each Dockerfile says.
        ca_bundle: Certificates for the build alone.
        bills: The folder for what is in each image; None where there is no lab.
    """

    environment: Mapping[str, str]
    base: str | None = None
    ca_bundle: Path | None = None
    bills: Path | None = None

    def build(self, name: str, on_step: OnStep, *, untried: bool = False) -> BuiltImage:
        """Build and offer one image, as ``build_image`` does, and write down what is in it."""
        built = build_image(
            name,
            base=self.base,
            ca_bundle=self.ca_bundle,
            untried=untried,
            on_step=on_step,
            environment=self.environment,
        )
        self.write_bill(built)
        return built

    def write_bill(self, built: BuiltImage) -> None:
        """Write down what is in a new build, where there is a place for it."""
        # Imported here: the hub imports this module as well, and writes no bill.
        from crepre_hub.ops.sbom import write_sbom  # noqa: PLC0415

        if self.bills is not None and not built.was_there:
            write_sbom(built.tag, self.bills, self.environment)


def build_site(settings: Settings | None, *, base: str | None = None) -> BuildSite:
    """What ``lab.toml`` says about it; without a lab, what the environment says."""
    if settings is None:
        return BuildSite(os.environ, base)
    images = settings.lab.images
    engine = engine_from_environment(settings.lab.docker.socket)
    bundle = Path(images.ca_bundle) if images.ca_bundle else None
    environment = {**os.environ, "DOCKER_HOST": engine}
    bills = settings.state / "images"
    return BuildSite(environment, base or images.base or None, bundle, bills)


def images_of(settings: Settings) -> list[str]:
    """The images with a recipe here that the lab's courses name, and its guard."""
    known = {folder.name for folder in image_folders()}
    wanted = {profile.image for course in settings.courses for profile in course.profiles.values()}
    return sorted(wanted & known | {GUARD})


def image_named(name: str, settings: Settings | None) -> str:
    """What Docker calls, behind ``crepre/``, the image that an admin calls *name*."""
    course, slash, image = name.partition("/")
    if settings is None or not slash or "/" in image:
        return name
    return own_repository(settings.lab.lab.id, course, image).removeprefix(OURS)


def course_images_of(settings: Settings, course: Course) -> tuple[CourseImage, ...]:
    """
    What *course* wants on top of the images that it names; nothing if it has no files of its own.

    Raises:
        SettingsProblems: If a file cannot be read.
    """
    files = read_own_files(settings.root, course.id)
    if files is None:
        return ()
    named = {profile.image for profile in course.profiles.values()}
    folders = [folder for folder in image_folders() if folder.name in named and folder.has_seat]
    return tuple(CourseImage(settings.lab.lab.id, files, folder) for folder in folders)


def abandoned(images: Iterable[ImageBuilds], settings: Settings) -> list[str]:
    """
    Repositories of this lab's courses that no course wants or uses any more.

    Other labs on the machine look after their own.
    """
    wanted = {
        each.repository
        for course in settings.courses
        for each in course_images_of(settings, course)
    }
    used = {made.reference.rpartition(":")[0] for made in read_own_images(settings.state)}
    ours = f"{OURS}{settings.lab.lab.id}/"
    found = (image.repository for image in images if image.repository.startswith(ours))
    return [repository for repository in found if repository not in wanted | used]


def ensure_course_images(
    settings: Settings, course: Course, on_step: OnStep, *, untried: bool = False
) -> tuple[BuiltImage, ...]:
    """
    Build what *course* wants, and let its profiles run on it.

    Profiles of a course that wants nothing any more run on the plain images again.

    Raises:
        CrepreError: If something could not be made; servers then start from what there was.
    """
    site, built = build_site(settings), []
    wanted = course_images_of(settings, course)
    for each in wanted:
        if builds_at(site.environment, each.below.name).current is None:
            site.build(each.below.name, on_step)
        built.append(
            build_course_image(
                each,
                ca_bundle=site.ca_bundle,
                untried=untried,
                on_step=on_step,
                environment=site.environment,
            )
        )
        site.write_bill(built[-1])
        record_image(
            settings.state,
            OwnImage(course.id, each.below.name, each.files.digest, each.latest),
        )
    keep_images(settings.state, course.id, [each.below.name for each in wanted])
    return tuple(built)


def ensure_images(settings: Settings, on_step: OnStep) -> tuple[str, ...]:
    """
    Build what the lab's courses need.

    A new build that fails keeps no lab from starting while students have something to go on with.

    Returns:
        What failed so, in words for the admin.

    Raises:
        CrepreError: If an image could not be made, and there is none before it.
    """
    site, notices = build_site(settings), []
    for name in images_of(settings):
        try:
            site.build(name, on_step)
        except (CommandFailed, TrialFailed) as problem:
            notices.append(excused(problem, name, builds_at(site.environment, name).current))
    for course in settings.courses:
        try:
            ensure_course_images(settings, course, on_step)
        except (CommandFailed, TrialFailed, SettingsError) as problem:
            text = f"The course {course.id} goes on without the change of its own files."
            notices.append(f"{problem.message}\n{problem.remedy}\n{text}")
    return tuple(notices)


def excused(problem: CrepreError, name: str, current: Build | None) -> str:
    """What to say where students go on with *current*; raises *problem* where there is none."""
    if current is None:
        raise problem
    return f"{problem.message}\n{problem.remedy}\nThe lab goes on with {name} {current.name}."
