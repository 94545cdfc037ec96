"""A course's own image: its ``apt.txt``, ``requirements.txt`` and ``postBuild`` on top of one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from crepre_hub.courses.own_failure import find_failure
from crepre_hub.courses.own_files import REQUIREMENTS, Complaint, Locked, OwnFiles
from crepre_hub.errors import CommandFailed, CrepreError, ImageMissing, SettingsError
from crepre_hub.names import own_repository
from crepre_hub.ops.build_log import BuildLog
from crepre_hub.ops.build_shelf import OURS
from crepre_hub.ops.course_recipe import write_context
from crepre_hub.ops.docker_cli import DockerClient, find_docker_client
from crepre_hub.ops.docker_images import inspect_image
from crepre_hub.ops.image_build import (
    BuildPlan,
    OnStep,
    bundle_or_none,
    name_labels,
    proxies_in,
    run_build,
)
from crepre_hub.ops.image_folders import ImageFolder
from crepre_hub.ops.image_offer import offer
from crepre_hub.ops.images import LOCK_LABEL, BuiltImage
from crepre_hub.ops.lock_file import locked_in
from crepre_hub.ops.program import last_lines
from crepre_hub.settings.own_images import remedy
from crepre_hub.settings.reader import COURSE_FOLDER

COURSE_LABEL = "crepre.course"
STANDS_ON_LABEL = "crepre.stands-on"
"""Docker's id of the build of the image below."""


@dataclass(frozen=True, slots=True)
class CourseImage:
    """
    What is to be made.

    Attributes:
        lab: Its id; another lab on the same machine may have a course of the same name.
        files: What the course asks for.
        below: The image that it stands on.
    """

    lab: str
    files: OwnFiles
    below: ImageFolder

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.files.course}/{self.below.name}"

    @property
    def repository(self) -> str:
        """What Docker calls all its builds."""
        return own_repository(self.lab, self.files.course, self.below.name)

    @property
    def latest(self) -> str:
        """What Docker calls the build that students get."""
        return f"{self.repository}:latest"

    @property
    def locked(self) -> Locked:
        """What is in the image below."""
        return locked_in(self.below)

    def where(self, complaint: Complaint) -> str:
        """Such as ``courses/ml-101/requirements.txt:3: no version of 'nunpy' can be had``."""
        file = f"{COURSE_FOLDER}/{self.files.course}/{complaint.file}"
        return f"{file}:{complaint.line}: {complaint.text}"


def build_course_image(
    wanted: CourseImage,
    *,
    ca_bundle: Path | None = None,
    untried: bool = False,
    on_step: OnStep,
    environment: Mapping[str, str],
) -> BuiltImage:
    """
    Build *wanted* on the build of the image below that students get, try it, and offer it.

    Raises:
        SettingsError: If it can be seen beforehand that a file is wrong.
        CommandFailed: If a step failed; the message names file and line where that can be told.
        TrialFailed: If a student could not have used it.
        ImageMissing: If the image below is not here.
    """
    begin = time.monotonic()
    ensure_sound(wanted)
    client = find_docker_client(environment)
    below = str(inspect_image(client, wanted.below.latest, environment)["Id"])
    tag = tag_of(wanted, below)
    was_there = _is_here(client, tag, environment)
    if not was_there:
        bundle = bundle_or_none(ca_bundle, environment)
        with TemporaryDirectory(prefix="crepre-") as folder:
            plan = plan_course_build(wanted, below, Path(folder), environment)
            plan = replace(plan, ca_bundle=bundle)
            run_build(client, plan, on_step, environment, lambda log: explain(wanted, log))
    name = wanted.repository.removeprefix(OURS)
    again = f"{remedy(wanted.files.course)} --untried"
    held = not offer(name, tag, environment, None if untried else on_step, force=again)
    size = int(inspect_image(client, tag, environment)["Size"])
    seconds = time.monotonic() - begin
    return BuiltImage(wanted.name, tag, wanted.files.digest, size, seconds, was_there, held)


def ensure_sound(wanted: CourseImage) -> None:
    """
    See that nothing can be seen to be wrong.

    Raises:
        SettingsError: With every mistake, one in a line.
    """
    complaints = wanted.files.complaints(wanted.locked)
    if complaints:
        raise SettingsError("\n".join(wanted.where(each) for each in complaints))


def tag_of(wanted: CourseImage, below: str) -> str:
    """Another one for other files, and for the same files on another build of the image below."""
    digest = hashlib.sha256(f"{wanted.files.digest} on {below}".encode()).hexdigest()
    return f"{wanted.repository}:{digest[:12]}"


def _is_here(client: DockerClient, tag: str, environment: Mapping[str, str]) -> bool:
    try:
        inspect_image(client, tag, environment)
    except ImageMissing:
        return False
    return True


def plan_course_build(
    wanted: CourseImage, below: str, context: Path, environment: Mapping[str, str]
) -> BuildPlan:
    """What will be built in the folder *context*, where all that it needs is written."""
    tag = tag_of(wanted, below)
    return BuildPlan(
        image=wanted.name,
        tag=tag,
        digest=wanted.files.digest,
        dockerfile=write_context(context, wanted.files),
        context=context,
        base=wanted.below.latest,
        proxies=proxies_in(environment),
        labels={
            **name_labels(tag, tag.rpartition(":")[2]),
            LOCK_LABEL: wanted.files.digest,
            COURSE_LABEL: wanted.files.course,
            STANDS_ON_LABEL: below,
        },
    )


def explain(wanted: CourseImage, log: BuildLog) -> CrepreError:
    """What to say of a build that failed: file and line first, then what was said, then why."""
    step = log.step.title if log.step else ""
    complaint = find_failure(step, log.said, wanted.files)
    if complaint is None:
        return log.failure(wanted.name)
    message = f"{wanted.where(complaint)}\nThe build of {wanted.name} said last:\n"
    more = ""
    if complaint.file == REQUIREMENTS and "could not be built" in complaint.text:
        more = " What compiles needs packages such as build-essential in apt.txt."
    return CommandFailed(
        f"{message}{last_lines(log.said)}\n",
        remedy=f"Mend the line, then: {remedy(wanted.files.course)}{more}",
    )
