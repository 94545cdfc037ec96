"""A class on pretended GPUs of a real Docker Engine: who gets which, and hubs that are killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from docker.errors import APIError
from playwright.async_api import Browser, Route, expect

from crepre_hub.clock import utc_now
from crepre_hub.gpu.claims import Claim
from tests.faults.hub_process import hub_is_back, kill_hub, until
from tests.faults.sight import container_name
from tests.labs.browser import Visitor
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.gpus import (
    book_of,
    bring_forward,
    broken_laws,
    gpus_toml,
    held,
    host_pid,
    new_gpu_lab,
    take_out,
    turn_clock,
)
from tests.labs.lab import Lab
from tests.labs.student import Student, xsrf_in
from tests.machine.gpu_rig import GpuRig
from tests.machine.own_engine import OwnEngine

pytestmark = pytest.mark.timeout(600)

GiB = 1024**3
WATCHDOG = 'watchdog_grace = "2 min"\n'
BROKEN = "GPU-ffffffff-dddd-eeee-ffff-ffffffffffff"
"""In lab.toml, and not found by NVML any more."""


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
    gpus = gpus_toml((BROKEN, *own_engine.rig.uuids), shared=2, found_by="nvml") + WATCHDOG
    lab = new_gpu_lab(tmp_path_factory.mktemp("lab"), own_engine, base_image, gpus, gpu_docker)
    lab.up()
    yield lab
    lab.down()


@pytest.fixture(autouse=True)
async def nothing_left(gpu_lab: Lab) -> AsyncIterator[None]:
    """Afterwards nobody waits and nobody has a server, whatever became of the test."""
    yield
    turn_clock(gpu_lab, 0)
    for each in book_of(gpu_lab).claims.values():
        gpu_lab.crepre("gpu", "return", each.person, ok=False)  # it may be over by itself
    for container in gpu_lab.containers():
        with suppress(APIError):  # the hub may be removing it as well
            container.remove(force=True)
    await until(lambda: not gpu_lab.containers())
    await until(lambda: not book_of(gpu_lab).claims and not book_of(gpu_lab).leases)


@pytest.fixture
def one_gpu(gpu_lab: Lab, gpu_rig: GpuRig) -> Iterator[str]:
    """The only GPU that is in service for now."""
    first, *others = gpu_rig.uuids
    for each in others:
        take_out(gpu_lab, each, "For a test.")
    yield first
    for each in others:
        take_out(gpu_lab, each, "")


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
    await until(lambda: broken_laws(gpu_lab) == [], seconds=180)
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
        await until(lambda: broken_laws(gpu_lab) == [], seconds=180)
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
    """
    Wherever that is: soon all laws hold again, and nobody waits for a GPU that is free.

    What Docker had been asked for it does when there is another hub.
    """
    ada, bo = await person(gpu_lab, f"k1-{moment}"), await person(gpu_lab, f"k2-{moment}")
    act, method, path = MOMENTS[moment]
    with gpu_docker.fault(act, method, path, times=1, even_if_nobody_waits=True) as rule:
        await ada.start("ml/whole")
        await until(lambda: rule.met)
        assert book_of(gpu_lab).lease_of(ada.name) is not None
        await hub_is_back(gpu_lab, await kill_hub(gpu_lab))
    await until(lambda: broken_laws(gpu_lab) == [])
    await bo.start("ml/whole")
    await until(lambda: bo.name in holders(gpu_lab))
    await until(lambda: broken_laws(gpu_lab) == [])
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
    await until(lambda: has_offer(gpu_lab, last.name))
    await press(last, "start")
    await until(lambda: last.name in holders(gpu_lab))
    await until(lambda: broken_laws(gpu_lab) == [])
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
    await until(lambda: has_offer(gpu_lab, second.name))
    before = book_of(gpu_lab)
    await hub_is_back(gpu_lab, await kill_hub(gpu_lab))
    assert book_of(gpu_lab).claims == before.claims
    await press(second, "start")
    await until(lambda: second.name in holders(gpu_lab))
    assert "Place <strong>1</strong> of 1" in (await third.page("/hub/gpu"))[0]
    await until(lambda: broken_laws(gpu_lab) == [])
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
    async with asyncio.timeout(90):
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

    def kernel_pid(student: Student) -> int:
        return host_pid(gpu_lab, student.name, kernels[student].id)

    (gpu,) = {each.uuid for each in held(gpu_lab).values()}
    card = f"_{gpu_rig.uuids.index(gpu)}"
    pids = {each: kernel_pid(each) for each in kernels}
    takes = {pids[greedy]: 7 * GiB, pids[beside]: 5 * GiB, on_the_host: 3 * GiB}
    gpu_rig.measure(**{card: {"used": 15 * GiB, "processes": takes}})

    assert "holds 7 GiB of its GPU's memory, and 6 GiB" in await until_told(greedy, "Otherwise")
    assert "greedy" not in await until_told(beside, "Somebody beside you holds more")
    assert "3 GiB of it are held from outside" in (await boss.page("/hub/board"))[0]

    turn_clock(gpu_lab, 2)
    await until_told(greedy, "was started anew")
    await until(lambda: kernel_pid(greedy) not in (0, pids[greedy]))
    again = kernel_pid(greedy)
    assert "NameError" in await kernels[greedy].run("mine")
    _, tokens = await greedy.api("GET", f"users/{greedy.name}/tokens")
    assert "watchdog" not in str(tokens)
    gpu_rig.measure(**{card: {"used": 15 * GiB, "processes": takes | {again: 7 * GiB}}})
    turn_clock(gpu_lab, 4.5)
    await greedy.until_stopped()
    assert "took more of the GPU than it had" in (await greedy.page("/hub/gpu"))[0]
    assert "took more of the GPU than it had" in (await greedy.page("/hub/home"))[0]
    await greedy.start_and_wait("ml/small")

    assert await kernels[beside].run("mine") == "1"
    async with asyncio.timeout(60):  # the doctor looks at all else as well
        while f"ps -fp {on_the_host}" not in (page := (await boss.page("/hub/admin/problems"))[0]):
            await asyncio.sleep(0.5)
    assert f"sleep (process {on_the_host} of root), from outside the lab, holds 3 GiB" in page
    assert "The server of greedy holds 7 GiB" in page


LATE = {
    "create": ("hold", "/containers/create.name={name}$"),
    "start": ("hold", "/containers/[^/]+/start"),
    "start-without-answer": ("cut-and-hold", "/containers/[^/]+/start"),
}


@pytest.mark.parametrize("call", LATE)
@pytest.mark.usefixtures("one_gpu")
async def test_a_call_that_lands_late_shares_no_gpu(
    gpu_lab: Lab, gpu_docker: FaultyDocker, gpu_rig: GpuRig, person: People, call: str
) -> None:
    """
    Given up, or without an answer: the next in line has the GPU alone, before and after it lands.

    Whoever's start it was works without one meanwhile, and what the call has made is gone soon.
    """
    ada, bo = [await person(gpu_lab, f"{name}-late-{call}") for name in ("ada", "bo")]
    act, path = LATE[call]
    path = path.replace("{name}", container_name(gpu_lab, ada.name))
    with gpu_docker.fault(act, "POST", path, times=1, even_if_nobody_waits=True) as rule:
        await ada.start("ml/whole")
        await until(lambda: rule.met)
        await bo.start("ml/whole")
        if act == "hold":
            assert not has_offer(gpu_lab, bo.name)
            await ada.api("DELETE", f"users/{ada.name}/server")
            await ada.start_and_wait("ml/small")
            await ada.stop()
        await until(lambda: has_offer(gpu_lab, bo.name) or bo.name in holders(gpu_lab))
        if has_offer(gpu_lab, bo.name):
            await press(bo, "start")
        await until(lambda: holders(gpu_lab) == {bo.name})
    await until(lambda: rule.over)
    await until(lambda: not gpu_lab.containers(ada.name))
    await until(lambda: broken_laws(gpu_lab) == [])
    assert [each.beside for each in gpu_rig.lent()] == [()]
    await clear(gpu_lab, [ada, bo])


async def test_the_end_of_a_lease_is_kind(browser: Browser, gpu_lab: Lab) -> None:
    """
    A click in JupyterLab renews the lease; at its end what was typed just before is saved.

    From the page that is open then its owner starts again without a GPU, and finds it there.
    """
    ada = await (await Visitor.arrive(browser, gpu_lab, "ada-kind")).join()
    wish = {"profile": "ml/whole"}
    assert await ada.hub_api("POST", f"users/{ada.name}/server", wish) in (201, 202)
    await until(lambda: ada.name in holders(gpu_lab))
    bring_forward(gpu_lab, ada.name, timedelta(minutes=29))
    await ada.go(f"/user/{ada.name}/lab")
    await ada.until_lab()
    toasts = ada.page.locator(".Toastify__toast")
    notice = toasts.filter(has_text="30 min left at most, until")
    await expect(notice).to_be_visible()
    await ada.new_text_file("Typed just before the end.")
    # The hub is not asked again before the lease is shortened, and at the next moment then.
    shortened = asyncio.Event()

    async def wait(route: Route) -> None:
        await shortened.wait()
        await route.continue_()

    await ada.page.route("**/crepre/notices", wait)
    await notice.get_by_role("button", name="Renew my time").click()
    await expect(toasts.filter(has_text="You have a GPU until")).to_be_visible()
    lease = book_of(gpu_lab).lease_of(ada.name)
    assert lease is not None
    assert lease.ends - utc_now() > timedelta(minutes=110)

    bring_forward(gpu_lab, ada.name, timedelta(seconds=24))
    shortened.set()
    await expect(toasts.filter(has_text="2 min left at most, until")).to_be_visible()
    await until(lambda: not book_of(gpu_lab).leases)
    async with ada.page.expect_popup() as opened:
        await ada.page.locator(".jp-Dialog").get_by_role("button", name="Restart").click()
    ada.page = await opened.value
    await ada.choose("Small notebook")
    await ada.until_lab()
    path = f"/user/{ada.name}/files/untitled.txt"
    answer = await ada.page.context.request.get(f"{gpu_lab.url}{path}")
    assert await answer.text() == "Typed just before the end."
    assert await ada.hub_api("DELETE", f"users/{ada.name}/server") in (202, 204)


async def until_seen(student: Student, words: str) -> None:
    """Return when the board says so."""
    async with asyncio.timeout(90):
        while words not in (await student.page("/hub/board"))[0]:
            await asyncio.sleep(0.2)


def idle_told(lab: Lab, student: Student) -> bool:
    lease = book_of(lab).lease_of(student.name)
    return lease is not None and lease.idle_told is not None


@pytest.fixture
def two_gpus(gpu_lab: Lab, gpu_rig: GpuRig) -> Iterator[None]:
    """So many are in service for now; afterwards the clock is right again."""
    for each in gpu_rig.uuids[2:]:
        take_out(gpu_lab, each, "For a test.")
    yield
    turn_clock(gpu_lab, 0)
    for each in gpu_rig.uuids[2:]:
        take_out(gpu_lab, each, "")


@pytest.mark.usefixtures("two_gpus")
async def test_a_gpu_that_does_nothing_goes_to_who_waits(
    gpu_lab: Lab, gpu_rig: GpuRig, person: People
) -> None:
    """Told first, then ended; neither while nobody waits, nor where something works."""
    ada, bo, cy = [await person(gpu_lab, f"{name}-idle") for name in ("ada", "bo", "cy")]
    for each in (ada, bo):
        await each.start_and_wait("ml/whole")
    leases = {each.person: each for each in book_of(gpu_lab).leases.values()}
    at_work = f"_{gpu_rig.uuids.index(leases[bo.name].gpu)}"
    gpu_rig.measure(**{at_work: {"busy": 70, "used": 3 * GiB}})
    await until_seen(ada, "3 GiB")
    turn_clock(gpu_lab, 21)
    gpu_rig.measure(**{at_work: {"busy": 70, "used": 4 * GiB}})
    await until_seen(ada, "4 GiB")
    assert not idle_told(gpu_lab, ada)
    await cy.start("ml/whole")
    await until(lambda: idle_told(gpu_lab, ada))
    _, told = await ada.api("GET", "crepre/news")
    assert "Your GPU does nothing" in str(told)
    turn_clock(gpu_lab, 32)
    await until(lambda: has_offer(gpu_lab, cy.name))
    assert holders(gpu_lab) == {bo.name}
    assert not idle_told(gpu_lab, bo)
    assert "had done nothing while others waited" in (await ada.page("/hub/gpu"))[0]
    await clear(gpu_lab, [ada, bo, cy])


async def test_a_gpu_that_is_lost_is_on_the_board(
    gpu_lab: Lab, gpu_rig: GpuRig, person: People
) -> None:
    """With the reason that NVML says, out of the market, until it is back."""
    ada, lost = await person(gpu_lab, "ada-lost"), gpu_rig.uuids[3]
    gpu_rig.measure(_3=None)
    await until_seen(ada, "The machine does not find it any more.")
    assert not book_of(gpu_lab).gpus[lost].is_lent
    gpu_rig.measure(_3={"fails": 15})
    await until_seen(ada, "It fell off the bus")
    gpu_rig.measure()
    await until(lambda: book_of(gpu_lab).gpus[lost].is_lent)


def test_a_card_that_has_failed_keeps_no_lab_down(gpu_lab: Lab) -> None:
    """It is named whenever the lab is brought up, and not lent."""
    assert f"Not found by NVML: {BROKEN}." in gpu_lab.crepre("up", "--detach")
    assert BROKEN not in book_of(gpu_lab).gpus


LESSON = """
[[gpus.reservations]]
profile = "whole"
seats = {seats}
day = {day}
starts = "10:15"
ends = "12:00"
"""


async def test_a_course_file_reserves_while_the_lab_runs(gpu_lab: Lab) -> None:
    """Lessons that are written into it, changed, and taken out of it again."""
    file = gpu_lab.root / "courses" / "ml.toml"
    before, day = file.read_text(), utc_now().date() + timedelta(days=2)

    def kept() -> list[int]:
        board = json.loads(gpu_lab.crepre("gpu", "board", "--json"))
        return [each["shares"] for each in board["kept"]]

    for lesson, shares in (
        (LESSON.format(seats=1, day=day), [1]),
        (LESSON.format(seats=2, day=day), [2]),
        ("", []),
    ):
        file.write_text(before + lesson)
        await until(partial(lambda shares: kept() == shares, shares))
