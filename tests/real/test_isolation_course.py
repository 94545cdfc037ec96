"""The course image in a seat: everything that keeps it in leaves it working."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from crepre_hub.backends.docker.container import (
    MiB,
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)
from tests.machine.engine import Engine
from tests.machine.fixtures import MINIMAL_IMAGE
from tests.real.isolation_lab import LAB, Lab, isolation_lab

pytestmark = pytest.mark.timeout(300)

HOME = f"{LAB}-home"
SERVE = (
    "exec /opt/course/bin/jupyter lab --no-browser --ip=0.0.0.0 --port=8888"
    " --IdentityProvider.token=probe"
)


@pytest.fixture(scope="module")
def lab(root: None, docker_engine: Engine, base_image: str, minimal_image: str) -> Iterator[Lab]:
    """A lab on a machine that has the image `minimal`."""
    with isolation_lab(docker_engine, base_image) as made:
        yield made


def run(lab: Lab, script: str) -> Iterator[str]:
    """A seat of that image with a home of its own, running *script*."""
    labels = SeatLabels(LAB, "ada", "", "ml-101", "cpu")
    settings = render_host_config(SeatLimits(1.0, 1024 * MiB), lab.network.name)
    lab.client.create_volume(HOME, labels={"crepre.lab": LAB})
    made = lab.client.create_container(
        command=["sh", "-c", script],
        host_config=lab.client.create_host_config(**settings, binds=[f"{HOME}:/home/student"]),
        **render_container(MINIMAL_IMAGE, labels, {}),
    )["Id"]
    try:
        lab.client.start(made)
        yield made
    finally:
        lab.client.remove_container(made, force=True)
        lab.client.remove_volume(HOME)


@pytest.fixture
def jupyterlab(lab: Lab) -> Iterator[str]:
    """A seat that serves JupyterLab."""
    yield from run(lab, SERVE)


@pytest.fixture
def finder(lab: Lab) -> Iterator[str]:
    """A seat that lists its programs with the setuid or setgid bit."""
    yield from run(lab, "find / -xdev -perm /6000 -type f 2>/dev/null; echo done")


def test_jupyterlab_serves_from_a_seat(lab: Lab, jupyterlab: str) -> None:
    """Without capabilities, on a fixed file system, inside the guard: JupyterLab answers."""
    address = f"http://{lab.address(jupyterlab)}:8888/lab?token=probe"
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except urllib.error.URLError:
            assert time.monotonic() < deadline, lab.log(jupyterlab)
            time.sleep(0.2)


def test_the_image_has_no_setuid_program(lab: Lab, finder: str) -> None:
    """What cannot gain rights anyway is not even there."""
    lab.client.wait(finder, timeout=120)
    assert lab.log(finder).split() == ["done"]
