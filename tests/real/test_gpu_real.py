"""
A real GPU, where one is: what NVML says, and which caps hold. Elsewhere each is a named skip.

The last two need more than a GPU: an MPS daemon (docs/gpus.md), the image course-gpu.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import pytest

from crepre_hub.backends.docker.container import (
    MiB,
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)
from crepre_hub.backends.docker.gpu import device_request
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.probes.gpu_caps import why_no_mps
from crepre_hub.probes.gpu_limits import limit_memory, why_no_limits
from crepre_hub.probes.gpu_use import sample_gpus
from crepre_hub.probes.gpus import look_at_gpus
from crepre_hub.settings.gpus import GpusSection
from tests.labs.lab import until
from tests.machine.engine import Engine

pytestmark = pytest.mark.timeout(600)

PROGRAM = Path(__file__).with_name("in_gpu.py")
LAB = "tgpureal"
GPU_IMAGE = "crepre/course-gpu:latest"
GiB = 1024**3
OUT_OF_MEMORY = 2
"""``CUDA_ERROR_OUT_OF_MEMORY``."""

MUCH = {
    "jax": "import jax; jax.numpy.zeros(({mebibytes}, 1 << 20), dtype='uint8').block_until_ready()",
    "torch": "import torch; torch.zeros(({mebibytes}, 1 << 20), dtype=torch.uint8, device='cuda')",
}
"""Holds so much on the GPU."""

PREPARE = (
    "import os; from crepre_seat.gpu_share import share_of_torch;"
    "os.environ |= share_of_torch(os.environ);"
)
"""What a seat does before it starts its kernels."""

LITTLE = "import tensorflow as tf; print(tf.reduce_sum(tf.ones(1000)).numpy()); input()"


@pytest.fixture(scope="module")
def gpu() -> Gpu:
    """The first GPU of this machine; it should have 4 GiB free."""
    found = look_at_gpus(GpusSection())
    assert not found.troubles
    if not found.gpus:
        pytest.skip(f"no GPU: {found.in_words}")
    return found.gpus[0]


@dataclass(frozen=True)
class Seat:
    """A container with a GPU, and the program in it that answers line by line."""

    id: str
    program: subprocess.Popen[str]

    def ask(self, line: str) -> Any:
        """What it answers."""
        assert self.program.stdin is not None
        self.program.stdin.write(line + "\n")
        self.program.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """Its next line."""
        assert self.program.stdout is not None
        return json.loads(self.program.stdout.readline())


@dataclass(frozen=True)
class Seats:
    """Starts containers as the lab does, but without a network."""

    engine: str
    docker: Path
    image: str

    @contextmanager
    def running(self, given: GivenGpu, image: str = "") -> Iterator[str]:
        """Id of a seat that sleeps."""
        client = docker.APIClient(base_url=self.engine)
        host = render_host_config(SeatLimits(2.0, 8 * GiB), "none", given)
        host["device_requests"] = [device_request(given.uuid, client.info())]
        labels = SeatLabels(LAB, "ada", "", "ml", "gpu", given)
        made = client.create_container(
            command=["sleep", "600"],
            host_config=client.create_host_config(**host),
            **render_container(image or self.image, labels, {}),
        )["Id"]
        try:
            client.start(made)
            yield made
        finally:
            client.remove_container(made, force=True, v=True)
            client.close()

    @contextmanager
    def holding(self, given: GivenGpu) -> Iterator[Seat]:
        """A seat that holds what it is told, kept to its share as the lab does."""
        with self.running(given) as container:
            if given.cap is Cap.DRIVER:
                client = docker.APIClient(base_url=self.engine)
                pid = client.inspect_container(container)["State"]["Pid"]
                client.close()
                limit_memory(pid, given.uuid, given.share)
            with self.program(container, PROGRAM.read_text()) as program:
                found = Seat(container, program)
                assert set(found.answer().values()) == {0}
                yield found

    @contextmanager
    def program(self, container: str, script: str) -> Iterator[subprocess.Popen[str]]:
        """A program in *container*, with both its ends in hand."""
        words = [
            str(self.docker),
            "-H",
            self.engine,
            "exec",
            "-i",
            container,
            "python3",
            "-c",
            script,
        ]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as program:
            yield program
            program.kill()

    def result(self, container: str, script: str) -> subprocess.CompletedProcess[str]:
        """How a program in *container* ended."""
        words = [str(self.docker), "-H", self.engine, "exec", container, "python3", "-c", script]
        return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def seats(docker_engine: Engine, docker_program: Path, minimal_image: str) -> Seats:
    """Seats on the machine's engine, of the image that has Python and little else."""
    return Seats(docker_engine.url, docker_program, minimal_image)


def share_of(gpu: Gpu, share: int, cap: Cap) -> GivenGpu:
    """A lease of *share* bytes of *gpu*."""
    return GivenGpu("l", gpu.uuid, share, gpu.memory, datetime(2026, 1, 1, tzinfo=UTC), cap)


def held_by(container: str, gpu: Gpu) -> int:
    """Bytes that all processes of *container* hold on *gpu*, as NVML tells."""
    processes = sample_gpus([gpu.uuid]).processes
    return sum(each.memory_bytes or 0 for each in processes if each.container == container)


def test_nvml_tells_what_there_is(gpu: Gpu) -> None:
    """A UUID that Docker takes, a name and memory; a sample of its use has no trouble."""
    assert gpu.uuid.startswith(("GPU-", "MIG-"))
    assert gpu.name
    assert gpu.memory > GiB
    sample = sample_gpus([gpu.uuid])
    assert not sample.troubles
    assert 0 <= sample.loads[0].used_bytes <= gpu.memory


def test_a_process_on_the_gpu_leads_to_its_container(gpu: Gpu, seats: Seats) -> None:
    """From NVML's host PID by the control groups to the container, with what it holds."""
    with seats.holding(share_of(gpu, gpu.memory, Cap.NONE)) as found:
        assert found.ask("700")["code"] == 0
        until(lambda: held_by(found.id, gpu) >= 700 * MiB, what="NVML's word of 700 MiB")


def test_a_seat_without_a_gpu_has_none(gpu: Gpu, docker_engine: Engine, minimal_image: str) -> None:
    """CUDA's library is not even there, whatever the machine's default runtime is."""
    client = docker.DockerClient(base_url=docker_engine.url)
    wanted = render_container(minimal_image, SeatLabels(LAB, "ada", "", "ml", "cpu"), {})
    look = "import glob; print(glob.glob('/dev/nvidia[0-9]*'))"
    image = wanted.pop("image")
    try:
        said = client.containers.run(image, ["python3", "-c", look], remove=True, **wanted)
    finally:
        client.close()
    assert said.decode().strip() == "[]"


def test_the_driver_limits_a_container(gpu: Gpu, seats: Seats) -> None:
    """More than the share is refused by the driver itself, and the card looks as small as it."""
    why_not = why_no_limits(gpu.uuid, gpu.memory)
    if why_not:
        pytest.skip(f"the driver limits no memory here: {why_not}")
    share = 2 * GiB
    with seats.holding(share_of(gpu, share, Cap.DRIVER)) as found:
        assert found.ask("3072")["code"] == OUT_OF_MEMORY
        answer = found.ask("512")
        assert answer["code"] == 0
        assert answer["total"] <= share
        assert held_by(found.id, gpu) <= share


def test_mps_caps_a_process(gpu: Gpu, seats: Seats) -> None:
    """The share is what one process gets; it finds the daemon by the mount."""
    why_not = why_no_mps(gpu.uuid)
    if why_not:
        pytest.skip(f"no MPS here: {why_not}")
    with seats.holding(share_of(gpu, 2 * GiB, Cap.MPS)) as found:
        assert found.ask("3072")["code"] == OUT_OF_MEMORY
        assert found.ask("512")["code"] == 0


@pytest.fixture
def gpu_image(docker_engine: Engine) -> str:
    """The image with frameworks for GPUs; it is too large to be built for tests."""
    client = docker.DockerClient(base_url=docker_engine.url)
    try:
        client.images.get(GPU_IMAGE)
    except docker.errors.ImageNotFound:
        pytest.skip("the image course-gpu is not here: make image-gpu")
    finally:
        client.close()
    return GPU_IMAGE


@pytest.mark.parametrize("framework", MUCH)
def test_a_framework_keeps_to_its_share_by_default(
    gpu: Gpu, seats: Seats, gpu_image: str, framework: str
) -> None:
    """Half of the share fits; the whole and more does not, though the card has room."""
    given = share_of(gpu, gpu.memory // 4, Cap.COOPERATIVE)
    with seats.running(given, gpu_image) as container:
        for amount, fits in ((given.share // 2, True), (given.share + GiB, False)):
            script = PREPARE + MUCH[framework].format(mebibytes=amount // MiB)
            done = seats.result(container, script)
            assert (done.returncode == 0) == fits, done.stderr[-2000:]


def test_tensorflow_takes_only_what_it_needs(gpu: Gpu, seats: Seats, gpu_image: str) -> None:
    """It knows no share, but it does not take the whole card when it starts."""
    given = share_of(gpu, gpu.memory // 4, Cap.COOPERATIVE)
    with (
        seats.running(given, gpu_image) as container,
        seats.program(container, LITTLE) as program,
    ):
        assert program.stdout is not None
        assert program.stdout.readline().strip() == "1000.0"
        assert 0 < held_by(container, gpu) < GiB
