"""
The machine's parts as fixtures; one that is missing is a skip with its name.

Where the variable ``CI`` is set, nothing may be missing: there it is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.docker_cli import find_docker_client
from crepre_hub.ops.images import build_image
from tests.machine.base_image import BaseImageMissingError, ensure_base_image
from tests.machine.engine import Engine, EngineMissingError, ensure_docker_engine
from tests.machine.packages import NEEDS

LOG = Path(__file__).parents[2] / "var" / "machine" / "dockerd.log"
COURSE_IMAGE = "crepre-test/course-cpu:latest"
MINIMAL_IMAGE = "crepre-test/minimal:latest"


def absent(what: str) -> NoReturn:
    """Skip, since *what* is missing here; fail where nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(f"missing on this machine: {what}", pytrace=False)
    pytest.skip(what)


def need(package: str) -> Path:
    """Where the program or file is that the Debian package *package* brings."""
    found = next(each for each in NEEDS if each.package == package).find()
    if found is None:
        absent(f"the package {package} is missing (python -m tests.machine installs it)")
    return found


@pytest.fixture(scope="session")
def root() -> None:
    """The tests run as root."""
    if os.geteuid() != 0:
        absent("this needs root")


@pytest.fixture(scope="session")
def mmdebstrap() -> Path:
    """What makes a Debian from its packages."""
    return need("mmdebstrap")


@pytest.fixture(scope="session")
def engine_or_why_not() -> Iterator[Engine | str]:
    """
    A Docker Engine, or why there is none.

    One of our own ends with the tests unless ``CREPRE_KEEP_ENGINE`` is set; whoever has to clean
    up in it asks for this fixture, and so comes first.
    """
    try:
        engine = ensure_docker_engine(LOG)
    except EngineMissingError as problem:
        yield str(problem)
        return
    yield engine
    if not os.environ.get("CREPRE_KEEP_ENGINE"):
        engine.stop()


@pytest.fixture(scope="session")
def docker_engine(engine_or_why_not: Engine | str) -> Engine:
    """A Docker Engine."""
    if isinstance(engine_or_why_not, str):
        absent(engine_or_why_not)
    return engine_or_why_not


@pytest.fixture(scope="session")
def docker_program(docker_engine: Engine) -> Path:
    """A docker client that can build images."""
    try:
        return find_docker_client(os.environ).path
    except CommandFailed as problem:
        absent(str(problem))


@pytest.fixture(scope="session")
def base_image(docker_program: Path) -> str:
    """The name of Debian's official slim image, or of its equal."""
    try:
        return ensure_base_image(docker_program, os.environ)
    except BaseImageMissingError as problem:
        absent(str(problem))


@pytest.fixture(scope="session")
def course_image(base_image: str) -> str:
    """The name of the image ``course-cpu``; for tests that need the course's packages."""
    built = build_image("course-cpu", base=base_image, tag=COURSE_IMAGE, on_step=lambda step: None)
    return built.tag


@pytest.fixture(scope="session")
def minimal_image(base_image: str) -> str:
    """The name of the image ``minimal``, for what every student's server does."""
    built = build_image("minimal", base=base_image, tag=MINIMAL_IMAGE, on_step=lambda step: None)
    return built.tag


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A browser; the fonts that its pictures need are there too."""
    need("fonts-dejavu-core")
    return need("chromium")


@pytest.fixture(scope="session")
def postgresql_folder() -> Path:
    """The folder of PostgreSQL's programs."""
    return need("postgresql").parent


@pytest.fixture(scope="session")
def guard_image(base_image: str) -> str:
    """The name of the guard's image, under the name that every lab looks for."""
    built = build_image("guard", base=base_image, on_step=lambda step: None)
    return built.tag
