"""A lab whose Docker fails as told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.machine.engine import Engine

QUICK = """\
import os
from pathlib import Path

c.Spawner.poll_interval = 1
c.CrepreHub.reconcile_every_seconds = 1
c.CrepreHub.orphan_grace_seconds = 3

def before_start(spawner):
    name, hasty = spawner.user.name, Path(os.environ["CREPRE_ROOT"], "hasty")
    if name.startswith("forgetful"):
        spawner.args = ["--HubOAuth.cache_max_age=1"]
    if hasty.exists() and name in hasty.read_text().split():
        spawner.start_seconds = 30

c.Spawner.pre_spawn_hook = before_start
"""
"""
The lab looks as it always does, only more often; servers of people whose name begins with
``forgetful`` remember for 1 s, and not for five minutes, whom the hub lets in. Starts of those who
are ``hasty`` are given up after 30 s; all others have their usual time, however busy the machine.
"""


@pytest.fixture(scope="session")
def faulty_docker(
    tmp_path_factory: pytest.TempPathFactory, docker_engine: Engine
) -> Iterator[FaultyDocker]:
    faulty = FaultyDocker(tmp_path_factory.mktemp("docker") / "s", docker_engine.url)
    yield faulty
    faulty.end()


@pytest.fixture(scope="session")
def faulty_lab(
    make_lab: LabMaker, docker_engine: Engine, base_image: str, faulty_docker: FaultyDocker
) -> Lab:
    """A lab that reaches Docker only through ``faults``."""
    lab = make_lab(
        "docker",
        engine=docker_engine.url,
        socket=faulty_docker.url,
        base=base_image,
    )
    quicken(lab)
    lab.up()
    return lab


def quicken(lab: Lab) -> None:
    """Let *lab* look at its servers every second; before it is up."""
    (lab.root / "config.d").mkdir()
    (lab.root / "config.d" / "quick.py").write_text(QUICK)


@contextmanager
def hasty(lab: Lab, *names: str) -> Iterator[None]:
    """Until the end of the block, starts of these people in a quickened *lab* have 30 s."""
    file = lab.root / "hasty"
    file.write_text(" ".join(names))
    try:
        yield
    finally:
        file.unlink()


@pytest.fixture
def faults(faulty_docker: FaultyDocker, faulty_lab: Lab) -> Iterator[FaultyDocker]:
    """What stands before the Docker of ``faulty_lab``; mended after the test."""
    yield faulty_docker
    faulty_docker.mend()
