"""A lab whose Docker fails as told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.machine.engine import Engine

QUICK = """\
c.Spawner.poll_interval = 1
c.CrepreHub.reconcile_every_seconds = 1
c.CrepreHub.orphan_grace_seconds = 3

def forget_soon(spawner):
    if spawner.user.name.startswith("forgetful"):
        spawner.args = ["--HubOAuth.cache_max_age=1"]

c.Spawner.pre_spawn_hook = forget_soon
"""
"""
The lab looks as it always does, only more often; servers of people whose name begins with
``forgetful`` remember for 1 s, and not for five minutes, whom the hub lets in.
"""

START_SECONDS = 20
"""How long a start may take in these labs."""


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
        more_settings={"servers": f'start_timeout = "{START_SECONDS} s"\n'},
    )
    quicken(lab)
    lab.up()
    return lab


def quicken(lab: Lab) -> None:
    """Let *lab* look at its servers every second; before it is up."""
    (lab.root / "config.d").mkdir()
    (lab.root / "config.d" / "quick.py").write_text(QUICK)


@pytest.fixture
def faults(faulty_docker: FaultyDocker, faulty_lab: Lab) -> Iterator[FaultyDocker]:
    """What stands before the Docker of ``faulty_lab``; mended after the test."""
    yield faulty_docker
    faulty_docker.mend()
