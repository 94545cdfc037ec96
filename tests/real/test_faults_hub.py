"""The hub ends, in every way and at every moment; servers, kernels and open tabs go on."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.faults.hub_process import frozen, hub_is_back, kill_hub, until
from tests.faults.invariants import all_is_well
from tests.faults.sight import container_name, containers, table
from tests.faults.work import Work, reach_lab
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.lab import Lab


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["TERM", "KILL"])
async def test_work_goes_on_while_the_hub_restarts(
    faulty_lab: Lab, faults: FaultyDocker, person: People, number: int
) -> None:
    """F1: however the hub ends, an open tab and its kernel go on, and the hub finds them again."""
    work = await Work.begin(await person(faulty_lab, f"f1-{number}"))
    before = [container.id for _, container in containers(faulty_lab)]
    old = await kill_hub(faulty_lab, number)
    await work.goes_on()
    await hub_is_back(faulty_lab, old)
    await work.goes_on()
    await all_is_well(faulty_lab)
    assert [container.id for _, container in containers(faulty_lab)] == before
    await work.student.stop()
    await all_is_well(faulty_lab)


async def test_work_goes_on_through_down_and_up(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F1: ``crepre down`` and ``up``, as in an upgrade, lose no variable and no container."""
    work = await Work.begin(await person(faulty_lab, "f1-down"))
    before = [container.id for _, container in containers(faulty_lab)]
    await asyncio.to_thread(faulty_lab.crepre, "down")
    assert [container.id for _, container in containers(faulty_lab)] == before
    await asyncio.to_thread(faulty_lab.up)
    await work.can_go_on()
    await all_is_well(faulty_lab)
    await work.student.stop()


MOMENTS = {
    "before-create": ("hold", "POST", "/containers/create"),
    "after-create": ("hold", "POST", "/containers/[^/]+/start"),
    "after-start": ("hold-answer", "POST", "/containers/[^/]+/start"),
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_start_survives_a_killed_hub(
    faulty_lab: Lab, faults: FaultyDocker, person: People, moment: str
) -> None:
    """F2: wherever in a start the hub is killed, its student works soon after, in one container."""
    student = await person(faulty_lab, f"f2-{moment}")
    act, method, path = MOMENTS[moment]
    with faults.fault(act, method, path, times=1) as rule:
        await student.start()
        await until(lambda: rule.met)
        old = await kill_hub(faulty_lab)
    await hub_is_back(faulty_lab, old)
    await reach_lab(student)
    await all_is_well(faulty_lab)
    await student.stop()
    await all_is_well(faulty_lab)


async def test_a_start_survives_a_hub_killed_before_the_route(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F2: a server that is ready but not yet routed is found and routed by the next hub."""
    student = await person(faulty_lab, "f2-route")
    with faults.fault("hold", "POST", "/containers/[^/]+/start", times=1) as rule:
        await student.start()
        await until(lambda: rule.met)
        with frozen(faulty_lab, "proxy"):
            rule.lift()
            await faulty_lab.until_logged("User f2-route took")
            old = await kill_hub(faulty_lab)
    await hub_is_back(faulty_lab, old)
    await reach_lab(student)
    await all_is_well(faulty_lab)
    name = container_name(faulty_lab, student.name)
    assert len(faults.calls("POST", rf"/containers/create\?name={name}$")) == 1


STOP_CALLS = {"stop": ("POST", r"/containers/[^/]+/stop"), "remove": ("DELETE", "/containers/")}


@pytest.mark.parametrize("call", STOP_CALLS)
async def test_a_stop_survives_a_killed_hub(
    faulty_lab: Lab, faults: FaultyDocker, person: People, call: str
) -> None:
    """F3: a hub killed while it stops a server leaves nothing pending; the next start works."""
    student = await person(faulty_lab, f"f3-{call}")
    await reach_lab(student)
    with faults.fault("hold", *STOP_CALLS[call], times=1) as rule:
        asking = asyncio.create_task(student.api("DELETE", f"users/{student.name}/server"))
        await until(lambda: rule.met)
        old = await kill_hub(faulty_lab)
    await asyncio.gather(asking, return_exceptions=True)
    await hub_is_back(faulty_lab, old)
    await all_is_well(faulty_lab)
    await reach_lab(student)
    await student.stop()
    await all_is_well(faulty_lab)


async def test_a_silent_server_is_kept_by_a_restarting_hub(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F9: a server too busy to answer while the hub restarts is neither stopped nor forgotten."""
    work = await Work.begin(await person(faulty_lab, "f9"))
    [(seat, container)] = containers(faulty_lab)
    container.pause()
    try:
        old = await kill_hub(faulty_lab)
        await hub_is_back(faulty_lab, old)
        await until(lambda: table(faulty_lab)[seat]["ready"])
    finally:
        container.unpause()
    await work.goes_on()
    await all_is_well(faulty_lab)
