"""Labs as fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from crepre_hub.ops.processes import is_up
from tests.labs.lab import COURSE, Lab, new_lab, until
from tests.labs.student import Student
from tests.machine.engine import Engine

People = Callable[..., Awaitable[Student]]
LabMaker = Callable[..., Lab]


@pytest.fixture(scope="session")
def make_lab(
    tmp_path_factory: pytest.TempPathFactory, engine_or_why_not: Engine | str
) -> Iterator[LabMaker]:
    """Makes labs, not yet running; all end with the tests, before the engine does."""
    made: list[Lab] = []

    def make(backend: str, **more: object) -> Lab:
        lab = new_lab(tmp_path_factory.mktemp("lab"), backend=backend, **more)
        made.append(lab)
        return lab

    yield make
    with ThreadPoolExecutor() as ending:
        list(ending.map(Lab.down, made))


@pytest.fixture(scope="session")
def docker_lab(make_lab: LabMaker, docker_engine: Engine, base_image: str) -> Lab:
    """
    A lab with servers in containers, shared by tests that leave it as they found it.

    Its students have the course's own image; in other labs a smaller one does as well.
    """
    lab = make_lab("docker", engine=docker_engine.url, base=base_image)
    lab.write(COURSE.replace("minimal", "course-cpu"))
    lab.up()
    return lab


@pytest.fixture(scope="session")
def local_lab(make_lab: LabMaker) -> Lab:
    """A lab with servers in local processes, shared by tests that leave it as they found it."""
    lab = make_lab("local")
    lab.up()
    return lab


@pytest.fixture(params=["docker", "local"])
def lab(request: pytest.FixtureRequest) -> Lab:
    """Each kind of lab in turn."""
    found: Lab = request.getfixturevalue(f"{request.param}_lab")
    return found


@pytest.fixture
async def person() -> AsyncIterator[People]:
    """Makes people with an account in a lab, logged in; their servers stop with the test."""
    everybody: list[Student] = []

    async def make(lab: Lab, name: str, *, admin: bool = False) -> Student:
        student = Student(lab, name)
        everybody.append(student)
        return await student.join(lab.link_for(name, admin=admin))

    yield make
    for student in everybody:
        if is_up(student.lab.state):  # some tests end their lab
            await asyncio.to_thread(until, student.lab.answers)
            if (await student.model())["servers"]:
                await student.stop()
        await student.http.close()
