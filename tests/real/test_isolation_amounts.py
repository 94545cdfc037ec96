"""How much of the machine one seat can take, tried from inside, with a neighbour that goes on."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crepre_hub.backends.docker.container import MiB
from tests.machine.engine import Engine
from tests.real.isolation_lab import OPEN_SECONDS, PORT, Answer, Lab, isolation_lab

pytestmark = pytest.mark.timeout(300)

NEIGHBOUR_SECONDS = 20
"""A neighbour without its processor would be silent for as long as the attack goes on."""


@pytest.fixture(scope="module")
def lab(root: None, docker_engine: Engine, base_image: str) -> Iterator[Lab]:
    """One lab for all; its seats have one processor, 256 MiB and 100 processes."""
    with isolation_lab(docker_engine, base_image) as made:
        yield made


def neighbour_answers(lab: Lab) -> float:
    """Seconds until the neighbour has answered; it must."""
    began = time.monotonic()
    with socket.create_connection((lab.facts["seat-neighbour"], PORT), timeout=60) as connection:
        assert connection.recv(16) == b"neighbour"
    return time.monotonic() - began


@pytest.fixture(autouse=True)
def neighbour_goes_on(lab: Lab) -> Iterator[None]:
    """After each attack the neighbour answers, and it was never started again."""
    yield
    assert neighbour_answers(lab) < NEIGHBOUR_SECONDS
    state = lab.client.inspect_container(lab.facts["seat-neighbour-id"])
    assert state["State"]["Running"]
    assert state["RestartCount"] == 0


def test_a_fork_bomb_stops_at_the_limit(lab: Lab) -> None:
    """A seat gets as many processes as its limit says; the neighbour answers meanwhile."""
    with lab.running("seat", [["fork_bomb", "400"]]) as seat:
        deadline = time.monotonic() + 90
        while not lab.log(seat).strip():
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert neighbour_answers(lab) < NEIGHBOUR_SECONDS
        answer = Answer(*json.loads(lab.log(seat).splitlines()[0]))
    assert not answer.reached
    assert int(answer.detail.split()[0]) < lab.limits.processes
    assert answer.detail.endswith("EAGAIN")


def test_a_stock_container_has_no_limit_on_processes(lab: Lab) -> None:
    """The same 400 processes start in a stock container, which shows that the limit stops them."""
    with lab.running("stock", [["fork_bomb", "400"]]) as container:
        lab.client.wait(container, timeout=90)
        assert lab.log(container).startswith('[true, "400"')


def test_a_memory_hog_is_killed_alone(lab: Lab) -> None:
    """A process that wants more than the seat has is killed, and the seat itself goes on."""
    hog, after = lab_answers_with_kill(lab, ["memory", "400"])
    assert hog is None, "the hog was not killed"
    assert after.reached, "the seat did not survive its process"


def lab_answers_with_kill(lab: Lab, probe: list[str]) -> tuple[Answer | None, Answer]:
    """What *probe* brought back, None where it was killed, and a harmless one after it."""
    answers = lab.answers("seat", [probe, ["tcp", lab.facts["gateway"], "8081"]])
    return (answers[0] if len(answers) == 2 else None), answers[-1]


def test_memory_within_the_limit_is_given(lab: Lab) -> None:
    """A seat may use what it was promised, but for what Python itself needs."""
    assert lab.answer("seat", "memory", "180").reached


def test_there_is_no_swap_to_hide_in(lab: Lab) -> None:
    """Memory and swap together have the same limit as memory alone."""
    with lab.running("seat", [["neighbour", "1"]]) as seat:
        limits = lab.client.inspect_container(seat)["HostConfig"]
    assert limits["Memory"] == limits["MemorySwap"] == lab.limits.memory_bytes


@pytest.mark.parametrize(
    ("folder", "mebibytes"), [("/tmp", 64), ("/dev/shm", 64), ("/var/tmp", 64)]
)
def test_scratch_is_bounded(lab: Lab, folder: str, mebibytes: int) -> None:
    """A seat fills its scratch folders to their size, and gets "no space left" beyond it."""
    assert lab.answer("seat", "fill", folder, str(mebibytes - 4)).reached
    beyond = lab.answer("seat", "fill", folder, str(mebibytes + 1))
    assert not beyond.reached
    assert "No space left" in beyond.detail


@pytest.mark.parametrize("folder", ["/", "/etc", "/opt", "/usr/local", "/var", "/run", "/dev"])
def test_nothing_else_can_be_filled(lab: Lab, folder: str) -> None:
    """Outside scratch and home there is nowhere to write, so the host's disk cannot be filled."""
    assert not lab.answer("seat", "fill", folder, "1").reached


def test_full_scratch_leaves_room_to_work(lab: Lab) -> None:
    """With every scratch folder full, a seat still starts Python and reaches its hub."""
    fills = [["fill", folder, "63"] for folder in ("/tmp", "/dev/shm")]
    answers = lab.answers("seat", [*fills, ["tcp", lab.facts["gateway"], "8081"]])
    assert [answer.reached for answer in answers] == [True, True, True]


def test_a_log_flood_is_bounded(lab: Lab) -> None:
    """Of 100 MiB that a seat writes to its log, at most three files of 10 MiB stay on disk."""
    with lab.running("seat", [["log_flood", "100"]]) as seat:
        lab.client.wait(seat, timeout=240)
        log_config = lab.client.inspect_container(seat)["HostConfig"]["LogConfig"]
        kept = sum(len(piece) for piece in lab.client.logs(seat, stream=True, follow=False))
        on_disk = bytes_of_log(lab, seat)
    assert log_config["Config"] == {"max-size": str(10 * MiB), "max-file": "3"}
    assert kept < 60 * MiB
    if on_disk is not None:
        assert 0 < on_disk < 32 * MiB


def bytes_of_log(lab: Lab, container: str) -> int | None:
    """Size of the container's log files; None where Docker's folder is closed to us."""
    folder = Path(lab.client.info()["DockerRootDir"]) / "containers" / container
    try:
        return sum(file.stat().st_size for file in folder.rglob("*.log*"))
    except PermissionError:
        return None


def test_spinning_takes_no_more_than_was_given(lab: Lab) -> None:
    """Four threads at full speed in a seat with one processor get one processor's time."""
    answer = lab.answer("seat", "spin", "3", "4")
    assert answer.reached
    assert float(answer.detail) < 1.0 * lab.limits.cpus + 0.2


def test_connections_to_the_host_are_bounded(lab: Lab) -> None:
    """One seat cannot fill the connection table that all share; a stock container could."""
    wanted = ("connections", lab.facts["gateway"], "8081", "2300")
    assert not lab.answer("seat", *wanted).reached
    stock = ("connections", lab.facts["stock-gateway"], "8081", "2300")
    assert lab.answer("stock", *stock).reached


def test_a_modest_number_of_connections_is_given(lab: Lab) -> None:
    """Five hundred connections at once, more than a notebook needs, are fine."""
    assert lab.answer(
        "seat", "connections", lab.facts["gateway"], "8081", "500", patience=OPEN_SECONDS
    ).reached


def test_a_chosen_gpu_variable_is_overruled(lab: Lab) -> None:
    """An image that asks for all GPUs gets none in a CPU seat."""
    with lab.running("seat", [["neighbour", "1"]]) as seat:
        environment = lab.client.inspect_container(seat)["Config"]["Env"]
    assert [e for e in environment if e.startswith("NVIDIA_VISIBLE_DEVICES")] == [
        "NVIDIA_VISIBLE_DEVICES=void"
    ]
