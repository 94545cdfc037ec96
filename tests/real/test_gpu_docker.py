"""Pretended GPUs, lent by a real Docker Engine to real containers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from docker import APIClient

from crepre_hub.backends.backend import Seat
from crepre_hub.backends.docker.backend import DockerBackend
from crepre_hub.backends.docker.engine import client_at
from crepre_hub.backends.docker.network import ensure_network
from crepre_hub.backends.docker.spawner import ConcurrentDockerSpawner
from crepre_hub.errors import GpuNotGiven
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.probes.gpu_use import sample_gpus
from crepre_hub.profiles.profile import Placement
from crepre_hub.settings.lab import DockerSection, Lab, LabSection
from crepre_hub.settings.reader import Settings
from tests.machine.gpu_rig import GpuRig
from tests.machine.nvml_library import Card, Library
from tests.machine.own_engine import OwnEngine

pytestmark = pytest.mark.timeout(300)

GiB = 1024**3
ENDS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LAB = f"t{secrets.token_hex(3)}g"
GREEDY = "crepre-test/greedy:1"
"""An image that asks for every GPU, as images with CUDA do."""

CPU = Placement("ml", "cpu", GREEDY, 0.2, 256 * 1024**2)


class SeatWithoutHub(ConcurrentDockerSpawner):
    """A seat that only sleeps; the hub's part of its environment is hostile."""

    def get_env(self) -> dict[str, str]:
        return {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "all"}


@pytest.fixture(scope="module")
def client(own_engine: OwnEngine, base_image: str) -> Iterator[APIClient]:
    """The second engine, with an image that asks for every GPU."""
    own_engine.start()
    client = client_at(own_engine.url)
    recipe = f"FROM {base_image}\nENV NVIDIA_VISIBLE_DEVICES=all\n".encode()
    assert list(client.build(fileobj=BytesIO(recipe), tag=GREEDY, rm=True))
    yield client
    client.remove_image(GREEDY, force=True)


@pytest.fixture(scope="module")
def backend(
    own_engine: OwnEngine, client: APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DockerBackend]:
    """The lab's backend on that engine, its network made; there is nobody to guard against."""
    subnet = f"10.248.{secrets.randbelow(256)}.0/24"
    docker = DockerSection(socket=own_engine.url, subnet=subnet)  # type: ignore[arg-type]
    lab = Lab(lab=LabSection(id=LAB), docker=docker)
    backend = DockerBackend(Settings(tmp_path_factory.mktemp("lab"), lab, ()))
    backend.engine = own_engine.url
    ensure_network(client, backend.network)
    yield backend
    client.remove_network(backend.network.name)


Start = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def start(backend: DockerBackend, client: APIClient, gpu_rig: GpuRig) -> AsyncIterator[Start]:
    """Starts seats and says how Docker describes their containers; all end with the test."""

    async def one(who: str, gpu: GivenGpu | None = None, **more: Any) -> dict[str, Any]:
        seat = Seat(who)
        traits = {
            **backend.defaults(), **backend.identity(seat),
            **backend.render(replace(CPU, gpu=gpu), seat), "ensure_guarded": lambda client: None,
            **more,
        }  # fmt: skip
        spawner = SeatWithoutHub(cmd=["sleep", "600"])
        spawner.user = SimpleNamespace(name=who)
        for name, value in traits.items():
            setattr(spawner, name, value)
        await spawner.start()
        container = await spawner.get_object()
        assert container is not None
        return container

    yield one
    for each in backend.found():
        client.remove_container(each.id, v=True, force=True)
    for volume in client.volumes(filters={"name": LAB})["Volumes"] or ():
        client.remove_volume(volume["Name"])  # homes and what seats share, once nobody uses it


def seen_by(container: dict[str, Any]) -> list[str]:
    """Each value of ``NVIDIA_VISIBLE_DEVICES`` that the container's first process has."""
    text = Path(f"/proc/{container['State']['Pid']}/environ").read_text()
    name = "NVIDIA_VISIBLE_DEVICES="
    return [each.removeprefix(name) for each in text.split("\0") if each.startswith(name)]


def lease(number: int, uuid: str, share: int = 24) -> GivenGpu:
    """The lease of *share* GiB of a pretended card."""
    cap = Cap.NONE if share == 24 else Cap.COOPERATIVE
    return GivenGpu(f"lease-{number}", uuid, share * GiB, 24 * GiB, ENDS, cap)


async def test_each_of_a_class_sees_its_own_gpu(start: Start, gpu_rig: GpuRig) -> None:
    """
    Twelve at once: two with a whole GPU, eight with shares of two others, two with none.

    Whatever the image and the hub's environment ask for, each has what its lease names, and
    nobody is beside those who have a GPU for themselves.
    """
    one, two, three, four = gpu_rig.uuids
    wanted = {"ada": lease(1, one), "bo": lease(2, two), "chen": None, "dana": None}
    wanted |= {f"e{number}": lease(number, three, 6) for number in range(3, 7)}
    wanted |= {f"f{number}": lease(number, four, 6) for number in range(7, 11)}
    containers = await asyncio.gather(*(start(who, gpu) for who, gpu in wanted.items()))
    for container, gpu in zip(containers, wanted.values(), strict=True):
        assert set(seen_by(container)) == {gpu.uuid if gpu else "void"}
    lent = {each.id: each for each in gpu_rig.lent()}
    for container, gpu in zip(containers, wanted.values(), strict=True):
        found = lent.get(container["Id"])
        assert (found.devices if found else ()) == ((gpu.uuid,) if gpu else ())
        assert not (found and gpu and gpu.cap is Cap.NONE and found.beside)
    assert max(len(each.beside) for each in lent.values()) == 3


async def test_after_a_gpu_that_is_not_there_a_cpu_seat_starts(
    start: Start, backend: DockerBackend
) -> None:
    """The failure is told as the GPU's, and nothing of it sticks to the next start."""
    with pytest.raises(GpuNotGiven, match="unknown device"):
        await start("ada", lease(1, "GPU-gone"))
    container = await start("ada")
    assert seen_by(container) == ["void"]
    assert [each.gpu for each in backend.found()] == [None]


async def test_a_container_that_was_left_does_not_keep_its_gpu(
    start: Start, backend: DockerBackend, gpu_rig: GpuRig
) -> None:
    """Whatever a crash left under a seat's name, the next start has the GPU of its own lease."""
    one, two, *_ = gpu_rig.uuids
    old = await start("ada", lease(1, one))
    new = await start("ada", lease(2, two))
    assert set(seen_by(new)) == {two}
    assert [(each.id, each.gpu) for each in backend.found()] == [(new["Id"], lease(2, two))]
    without = await start("ada")
    assert (seen_by(without), without["HostConfig"]["DeviceRequests"]) == (["void"], None)
    assert len({each["Id"] for each in (old, new, without)}) == 3


async def test_a_process_on_a_gpu_leads_to_its_lease(
    start: Start, backend: DockerBackend, gpu_rig: GpuRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the number that NVML tells, by the kernel's control groups, to container and lease."""
    uuid = gpu_rig.uuids[0]
    container = await start("ada", lease(1, uuid, 6))
    pid = container["State"]["Pid"]
    library = Library(Card(uuid, processes={pid: 7 * GiB, 1: GiB}))
    monkeypatch.setattr(pynvml, "nvmlLib", library)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    of_host, in_seat = sample_gpus([uuid]).processes
    (found,) = backend.found()
    assert (of_host.pid, of_host.container) == (1, "")
    assert (in_seat.pid, in_seat.container) == (pid, found.id)
    assert found.gpu == lease(1, uuid, 6)


async def test_a_share_that_cannot_be_limited_does_not_run(
    start: Start, backend: DockerBackend, gpu_rig: GpuRig
) -> None:
    """Where the driver is to enforce a share and does not, the container is gone at once."""
    capped = replace(lease(1, gpu_rig.uuids[0], 6), cap=Cap.DRIVER)
    with pytest.raises(GpuNotGiven, match="control groups version 2|driver did not limit"):
        await start("ada", capped)
    assert not backend.found()


async def test_a_share_is_limited_in_the_containers_own_name(
    start: Start, backend: DockerBackend, gpu_rig: GpuRig
) -> None:
    """By a process that is in it; whatever goes wrong there, no seat goes on uncapped."""
    limited: list[int] = []
    container = await start("ada", lease(1, gpu_rig.uuids[0], 6), limit_gpu=limited.append)
    assert limited == [container["State"]["Pid"]]

    def fail(pid: int) -> None:
        raise OSError("the library is gone")

    with pytest.raises(OSError, match="the library is gone"):
        await start("ada", lease(2, gpu_rig.uuids[0], 6), limit_gpu=fail)
    assert not backend.found()


async def test_mps_without_its_daemon_does_not_run(start: Start, gpu_rig: GpuRig) -> None:
    """Uncapped is no way to start: Docker makes no folder where the daemon's should be."""
    capped = replace(lease(1, gpu_rig.uuids[0], 6), cap=Cap.MPS)
    with pytest.raises(GpuNotGiven, match="crepre-mps"):
        await start("ada", capped)
