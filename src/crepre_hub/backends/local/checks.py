"""What the doctor looks at where servers are processes of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

from crepre_hub.findings import Check, FactCheck, Finding
from crepre_hub.ops.image_folders import ImageFolder, image_folders
from crepre_hub.ops.stack import Stack
from crepre_hub.settings.own_images import read_own_files
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import COURSE_FOLDER, Settings

INSTALL_DOCKER = "For a class, install Docker: curl -fsSL https://get.docker.com | sh"


@dataclass(frozen=True, slots=True)
class StackFacts:
    """
    The packages of an image, installed for local processes.

    Attributes:
        has_recipe: False for an image that is not made here, and so cannot run without Docker.
        is_current: Whether all is there, from the recipe as it is.
    """

    name: str
    has_recipe: bool
    is_current: bool


def local_checks(settings: Settings) -> Sequence[Check]:
    """The checks for local processes."""
    return (
        FactCheck(
            "isolation",
            "Students are kept apart",
            lambda: ports_of(settings.lab).address,
            judge_isolation,
            ("settings",),
        ),
        FactCheck(
            "stack",
            "Each course's software is here, from the recipe as it is",
            partial(look_at_stacks, settings),
            judge_stacks,
            ("settings",),
        ),
        FactCheck(
            "own-files",
            "Courses ask for nothing that local processes do not have",
            partial(courses_with_own_files, settings),
            judge_own_files,
            ("settings", "courses"),
        ),
    )


def judge_isolation(address: str) -> Iterator[Finding]:
    """Local processes are for trying out, on loopback."""
    yield Finding(
        "warning",
        "Servers are local processes: nothing is between one person's files and another's, and"
        " students can change a course's data.",
        remedy=INSTALL_DOCKER,
    )
    if address != "localhost" and not ip_address(address).is_loopback:
        text = f"The lab listens on {address}, though its servers are local processes."
        yield Finding("error", text, remedy='Set listen = "127.0.0.1:8000" in lab.toml')


def look_at_stacks(settings: Settings) -> tuple[StackFacts, ...]:
    """Each image that a course names."""
    recipes = {folder.name: folder for folder in image_folders()}
    wanted = {profile.image for course in settings.courses for profile in course.profiles.values()}
    return tuple(_facts(settings, name, recipes.get(name)) for name in sorted(wanted))


def _facts(settings: Settings, name: str, folder: ImageFolder | None) -> StackFacts:
    if folder is None:
        return StackFacts(name, has_recipe=False, is_current=False)
    stack = Stack(folder, settings.state / "stack" / name)
    return StackFacts(name, has_recipe=True, is_current=stack.is_current)


def judge_stacks(stacks: tuple[StackFacts, ...]) -> Iterator[Finding]:
    """Missing or old packages come right at the next start."""
    for stack in stacks:
        if not stack.has_recipe:
            text = f"The image {stack.name} is not made here, so it cannot run without Docker."
            yield Finding("error", text, remedy=INSTALL_DOCKER)
        elif not stack.is_current:
            text = f"The packages of {stack.name} are not installed, or from another lock."
            yield Finding("error", text, remedy="crepre down && crepre up --detach")
        else:
            yield Finding("ok", f"The packages of {stack.name} are here and match their lock.")


def courses_with_own_files(settings: Settings) -> tuple[str, ...]:
    """Ids of courses that ask for something on top of their images."""
    courses = (course.id for course in settings.courses)
    return tuple(each for each in courses if read_own_files(settings.root, each) is not None)


def judge_own_files(courses: tuple[str, ...]) -> Iterator[Finding]:
    """Local processes share one environment for each image, so no course changes it."""
    for course in courses:
        text = f"What {COURSE_FOLDER}/{course}/ asks for is in containers only."
        yield Finding("warning", text, remedy=INSTALL_DOCKER)
    if not courses:
        yield Finding("ok", "No course asks for more than its image holds.")
