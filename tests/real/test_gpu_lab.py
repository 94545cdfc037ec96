"""A class on pretended GPUs of a real Docker Engine: who gets which, and hubs that are killed."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from crepre_hub.gpu.claims import Claim
from tests.faults.hub_process import hub_is_back, kill_hub, until
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.gpus import book_of, broken_laws, gpus_toml, held, host_pid, new_gpu_lab
from tests.labs.lab import Lab
from tests.labs.student import Student, xsrf_in
from tests.machine.gpu_rig import GpuRig
from tests.machine.own_engine import OwnEngine

pytestmark = pytest.mark.timeout(420)

GiB = 1024**3
WATCHDOG = 'watchdog_grace = "5 s"\n'


@pytest.fixture(scope="module")
def gpu_docker(
    own_engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultyDocker]:
    """Somebody between the lab and the engine with pretended GPUs."""
    own_engine.start()
    faulty = FaultyDocker(tmp_path_factory.mktemp("docker") / "s", own_engine.url)
    yield faulty
    faulty.end()


@pytest.fixture(scope="module")
def gpu_lab(
    own_engine: OwnEngine,
    gpu_docker: FaultyDocker,
    tmp_path_factory: pytest.TempPathFactory,
    base_image: str,
) -> Iterator[Lab]:
    """A lab with four pretended GPUs, two of which are shared."""
    gpus = gpus_toml(own_engine.rig.uuids, shared=2, found_by="nvml") + WATCHDOG
    lab = new_gpu_lab(tmp_path_factory.mktemp("lab"), own_engine, base_image, gpus, gpu_docker)
    lab.up()
    yield lab
    lab.down()


@pytest.fixture(autouse=True)
async def nothing_left(gpu_lab: Lab) -> AsyncIterator[None]:
    """Afterwards nobody waits and nobody has a server, whatever became of the test."""
    yield
    for each in book_of(gpu_lab).claims.values():
        gpu_lab.crepre("gpu", "return", each.person)
    for container in gpu_lab.containers():
        container.remove(force=True)
    await until(lambda: not book_of(gpu_lab).leases, seconds=90)


@pytest.fixture
def one_gpu(gpu_lab: Lab, gpu_rig: GpuRig) -> Iterator[str]:
    """The only GPU that is in service for now."""
    first, *others = gpu_rig.uuids
    for each in others:
        gpu_lab.crepre("gpu", "drain", each, "--reason", "For a test.")
    yield first
    for each in others:
        gpu_lab.crepre("gpu", "drain", each, "--undo")


def claim_of(lab: Lab, name: str) -> Claim | None:
    return book_of(lab).claim_of(name)


def has_offer(lab: Lab, name: str) -> bool:
    claim = claim_of(lab, name)
    return claim is not None and claim.offer is not None


def holders(lab: Lab) -> set[str]:
    """Whoever's container that runs has a GPU."""
    mine = held(lab)
    return {each.labels["crepre.user"] for each in lab.containers() if each.id in mine}


async def press(student: Student, action: str) -> str:
    """One of the buttons at ``/hub/gpu``; returns the page that follows."""
    page, _ = await student.page("/hub/gpu")
    return await student.post("/hub/gpu", {"action": action, "_xsrf": xsrf_in(page)})


async def clear(lab: Lab, students: Sequence[Student]) -> None:
    """Nobody waits and nobody has anything."""
    for student in students:
        if claim_of(lab, student.name):
            await press(student, "leave")
        async with asyncio.timeout(60):
            while (await student.model())["servers"]:  # one that is looked at is not stopped yet
                await student.api("DELETE", f"users/{student.name}/server")
                await asyncio.sleep(0.5)
    await until(lambda: not book_of(lab).leases)


async def test_a_class_at_once(gpu_lab: Lab, gpu_rig: GpuRig, person: People) -> None:
    """
    Twelve click at the same moment, for whole GPUs and for shares of four cards.

    Each container sees exactly the device of its lease; whoever has a GPU alone has nobody
    beside; those who wait are served one after the other as the first ones stop.
    """
    class_ = [await person(gpu_lab, f"c{number}") for number in range(12)]
    wishes = dict(zip(class_, ["ml/whole"] * 4 + ["ml/share"] * 8, strict=True))
    await asyncio.gather(*(each.start(wish) for each, wish in wishes.items()))
    await until(lambda: broken_laws(gpu_lab) == [], seconds=120)
    served: set[str] = set()
    for _ in range(24):
        now = [each for each in class_ if each.name in holders(gpu_lab) - served]
        if not now:
            break
        served |= {each.name for each in now}
        await asyncio.gather(*(each.until_ready() for each in now))
        await asyncio.gather(*(each.stop() for each in now))
        next_ = [each for each in class_ if has_offer(gpu_lab, each.name)]
        await asyncio.gather(*(press(each, "start") for each in next_))
        await until(lambda: broken_laws(gpu_lab) == [], seconds=120)
    assert served == {each.name for each in class_}
    lent = {each.id: each for each in gpu_rig.lent()}
    assert len(lent) == 12
    assert all(len(each.devices) == 1 for each in lent.values())
    whole = {each.uuid for each in book_of(gpu_lab).gpus.values() if each.tier == "exclusive"}
    assert all(not each.beside for each in lent.values() if each.devices[0] in whole)
    assert max(len(each.beside) for each in lent.values()) <= 3
    assert not book_of(gpu_lab).claims


MOMENTS = {
    "before-create": ("hold", "POST", "/containers/create"),
    "after-create": ("hold", "POST", "/containers/[^/]+/start"),
    "after-start": ("hold-answer", "POST", "/containers/[^/]+/start"),
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_hub_killed_in_a_start_loses_no_gpu(
    gpu_lab: Lab, gpu_docker: FaultyDocker, gpu_rig: GpuRig, person: People, moment: str
) -> None:
    """Wherever that is: soon all laws hold again, and nobody waits for a GPU that is free."""
    ada, bo = await person(gpu_lab, f"k1-{moment}"), await person(gpu_lab, f"k2-{moment}")
    act, method, path = MOMENTS[moment]
    with gpu_docker.fault(act, method, path, times=1) as rule:
        await ada.start("ml/whole")
        await until(lambda: rule.met)
        assert book_of(gpu_lab).lease_of(ada.name) is not None
        old = await kill_hub(gpu_lab)
    await hub_is_back(gpu_lab, old)
    await until(lambda: broken_laws(gpu_lab) == [], seconds=60)
    await bo.start("ml/whole")
    await until(lambda: bo.name in holders(gpu_lab), seconds=60)
    await until(lambda: broken_laws(gpu_lab) == [], seconds=60)
    await clear(gpu_lab, [ada, bo])


STOPS = {"stop": ("POST", r"/containers/[^/]+/stop"), "remove": ("DELETE", "/containers/")}


@pytest.mark.parametrize("call", STOPS)
async def test_a_hub_killed_in_a_stop_lends_the_gpu_again(
    gpu_lab: Lab, gpu_docker: FaultyDocker, one_gpu: str, person: People, call: str
) -> None:
    """The next in line is offered it once the container is gone, and not before."""
    first, last = [await person(gpu_lab, f"s{number}-{call}") for number in range(2)]
    await first.start_and_wait("ml/whole")
    await last.start("ml/whole")
    assert not has_offer(gpu_lab, last.name)
    with gpu_docker.fault("hold", *STOPS[call], times=1) as rule:
        asking = asyncio.create_task(first.api("DELETE", f"users/{first.name}/server"))
        await until(lambda: rule.met)
        assert not has_offer(gpu_lab, last.name)
        old = await kill_hub(gpu_lab)
    await asyncio.gather(asking, return_exceptions=True)
    await hub_is_back(gpu_lab, old)
    if first.name in holders(gpu_lab):  # the call had not been made: the server goes on
        await clear(gpu_lab, [first])
    await until(lambda: has_offer(gpu_lab, last.name), seconds=60)
    await press(last, "start")
    await until(lambda: last.name in holders(gpu_lab), seconds=60)
    await until(lambda: broken_laws(gpu_lab) == [], seconds=60)
    await clear(gpu_lab, [first, last])


async def test_a_killed_hub_forgets_nobody_in_line(
    gpu_lab: Lab, one_gpu: str, person: People
) -> None:
    """Those who wait and those who were offered a GPU are where they were."""
    three = [await person(gpu_lab, f"w{number}") for number in range(3)]
    first, second, third = three
    await first.start_and_wait("ml/whole")
    await second.start("ml/whole")
    await third.start("ml/whole")
    await first.stop()
    before = book_of(gpu_lab)
    assert has_offer(gpu_lab, second.name)
    await hub_is_back(gpu_lab, await kill_hub(gpu_lab))
    assert book_of(gpu_lab).claims == before.claims
    await press(second, "start")
    await until(lambda: second.name in holders(gpu_lab), seconds=60)
    assert "Place <strong>1</strong> of 1" in (await third.page("/hub/gpu"))[0]
    await until(lambda: broken_laws(gpu_lab) == [], seconds=60)
    await clear(gpu_lab, three)


async def test_after_a_gpu_that_docker_does_not_give_a_cpu_seat_starts_at_once(
    gpu_lab: Lab, gpu_rig: GpuRig, person: People
) -> None:
    """And the GPU is not kept for the seat that did not start."""
    gpu_rig.know()
    ada = await person(gpu_lab, "no-card")
    await ada.start("ml/whole")
    events = [event async for event in ada.progress()]
    assert "profile without one" in events[-1]["message"]
    await until(lambda: not book_of(gpu_lab).leases)
    assert await ada.start_and_wait("ml/small") < 60
    await ada.stop()


@pytest.fixture
def on_the_host() -> Iterator[int]:
    """A process of somebody at the console."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        assert process.poll() is None, "it was ended"
        process.kill()


async def news(student: Student) -> str:
    """What an open JupyterLab is told of GPUs."""
    _, told = await student.api("GET", "crepre/news")
    assert isinstance(told, dict), told
    return " ".join(each["text"] for each in told["news"])


async def until_told(student: Student, words: str) -> str:
    async with asyncio.timeout(30):
        while words not in (said := await news(student)):
            await asyncio.sleep(0.2)
    return said


async def test_the_watchdog(
    gpu_lab: Lab, gpu_rig: GpuRig, person: People, on_the_host: int
) -> None:
    """
    Whoever takes more than their share is told, has their kernel started anew, and is stopped.

    Who shares the GPU is told without a name and works on; what is not the lab's is reported on
    the board and to the admin, and lives.
    """
    greedy, beside = await person(gpu_lab, "greedy"), await person(gpu_lab, "beside")
    boss = await person(gpu_lab, "boss", admin=True)
    kernels = {}
    for each in (greedy, beside):
        await each.start_and_wait("ml/share")
        await each.open_lab()
        kernels[each] = await each.kernel()
        assert not await kernels[each].run("mine = 1")
    (gpu,) = {each.uuid for each in held(gpu_lab).values()}
    card = f"_{gpu_rig.uuids.index(gpu)}"
    pids = {each: host_pid(gpu_lab, each.name, kernel.id) for each, kernel in kernels.items()}
    takes = {pids[greedy]: 7 * GiB, pids[beside]: 5 * GiB, on_the_host: 3 * GiB}
    gpu_rig.measure(**{card: {"used": 15 * GiB, "processes": takes}})

    assert "holds 7 GiB of its GPU's memory, and 6 GiB" in await until_told(greedy, "Otherwise")
    assert "greedy" not in await until_told(beside, "Somebody beside you holds more")
    assert "3 GiB of it are held from outside" in (await boss.page("/hub/board"))[0]

    await until_told(greedy, "was started anew")
    again = host_pid(gpu_lab, greedy.name, kernels[greedy].id)
    assert again not in (0, pids[greedy])
    assert "NameError" in await kernels[greedy].run("mine")
    _, tokens = await greedy.api("GET", f"users/{greedy.name}/tokens")
    assert "watchdog" not in str(tokens)
    gpu_rig.measure(**{card: {"used": 15 * GiB, "processes": takes | {again: 7 * GiB}}})
    await greedy.until_stopped()
    assert "took more of the GPU than it had" in (await greedy.page("/hub/gpu"))[0]
    assert "took more of the GPU than it had" in (await greedy.page("/hub/home"))[0]
    await greedy.start_and_wait("ml/small")

    assert await kernels[beside].run("mine") == "1"
    page, _ = await boss.page("/hub/admin/problems")
    assert f"sleep (process {on_the_host} of root), from outside the lab, holds 3 GiB" in page
    assert f"ps -fp {on_the_host}" in page
    assert "The server of greedy holds 7 GiB" in page
