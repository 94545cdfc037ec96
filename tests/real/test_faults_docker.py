"""Docker fails, hangs or is away; nobody loses a server, and nobody waits for another's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.faults.fixtures import hasty
from tests.faults.hub_process import hub_is_back, kill_hub, until
from tests.faults.invariants import all_is_well
from tests.faults.sight import container_name, containers, table
from tests.faults.work import Work, reach_lab
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.lab import Lab
from tests.labs.student import Student

INSPECT = r"/containers/[^/]+/json"


@pytest.mark.parametrize("how", ["away", "hanging"])
async def test_docker_away_while_the_hub_starts(
    faulty_lab: Lab, faults: FaultyDocker, person: People, how: str
) -> None:
    """F5: a hub that starts while Docker is silent keeps its table, its routes and all work."""
    work = await Work.begin(await person(faulty_lab, f"f5-{how}"))
    [(seat, container)] = containers(faulty_lab)
    if how == "away":
        faults.go_away()
    else:
        faults.add("hold", "GET", "/containers/")
    await hub_is_back(faulty_lab, await kill_hub(faulty_lab))
    await work.goes_on()
    await until(lambda: table(faulty_lab)[seat]["ready"])
    await work.goes_on()
    asked = len(faults.calls("GET", INSPECT))
    faults.mend()
    await until(lambda: len(faults.calls("GET", INSPECT)) > asked + 2)
    await work.goes_on()
    await all_is_well(faulty_lab)
    assert [each.id for _, each in containers(faulty_lab)] == [container.id]
    await work.student.stop()
    await all_is_well(faulty_lab)


async def test_docker_away_is_told_in_a_sentence(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """A start without Docker fails with what to do; when Docker is back the next one works."""
    student = await person(faulty_lab, "f5-start")
    faults.go_away()
    status, page = await student.start()
    assert "not answering just now" in page, (status, page)
    assert "Traceback" not in page
    faults.come_back()
    await reach_lab(student)
    await all_is_well(faulty_lab)


@pytest.mark.parametrize("act", ["answer", "cut"])
async def test_one_failed_poll_stops_nobody(
    faulty_lab: Lab, faults: FaultyDocker, person: People, act: Any
) -> None:
    """F6: a poll that Docker answers with an error, or not at all, is not a stopped server."""
    work = await Work.begin(await person(faulty_lab, f"f6-{act}"))
    before = [each.id for _, each in containers(faulty_lab)]
    with faults.fault(act, "GET", INSPECT, times=1, status=500) as rule:
        await until(lambda: rule.met)
    asked = len(faults.calls("GET", INSPECT))
    await until(lambda: len(faults.calls("GET", INSPECT)) > asked + 2)
    await work.goes_on()
    await all_is_well(faulty_lab)
    assert [each.id for _, each in containers(faulty_lab)] == before
    assert not faults.calls("POST", f"{before[0]}/stop")


async def test_one_failed_look_at_a_start_fails_nobody(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F6: an error while Docker is asked how a starting server is does not fail the start."""
    student = await person(faulty_lab, "f6-look")
    with faults.fault("hold-answer", "POST", r"/containers/[^/]+/start", times=1) as started:
        await student.start()
        await until(lambda: [each.status for _, each in containers(faulty_lab)] == ["running"])
        [(_, mine)] = containers(faulty_lab)
        mine.pause()  # or it would be ready before anybody asks how it is
        with faults.fault("answer", "GET", f"/containers/{mine.name}/json", times=1) as rule:
            started.lift()
            await until(lambda: rule.met)
    mine.unpause()
    await student.until_ready()
    await all_is_well(faulty_lab)


async def test_a_hanging_call_holds_up_nobody_else(faulty_lab: Lab, faults: FaultyDocker) -> None:
    """
    F7: with calls for four students hanging, nine others start, are polled and stop as ever.

    Those who start are told in time, and the stop is given up; each can start again afterwards.
    """
    async with crowd(faulty_lab, "f7", "stop", "inspect", "create", "start") as stuck:
        stopping, *starting = stuck
        await reach_lab(stopping)
        [(_, mine)] = containers(faulty_lab)
        faults.add("hold", "POST", f"/containers/{mine.id}/stop")
        inspect, create, start = (container_name(faulty_lab, s.name) for s in starting)
        faults.add("hold", "GET", f"/containers/{inspect}/json")
        faults.add("hold", "POST", rf"/containers/create\?name={create}$")
        made = faults.add("hold-answer", "POST", rf"/containers/create\?name={start}$")
        with hasty(faulty_lab, *(student.name for student in starting)):
            await stopping.api("DELETE", f"users/{stopping.name}/server")
            await asyncio.gather(*(student.start() for student in starting))
            await until(lambda: made.met and faulty_lab.containers("f7-start"))
            [third] = faulty_lab.containers("f7-start")
            faults.add("hold", "POST", f"/containers/{third.id}/start")
            made.lift()
            told = [asyncio.create_task(_last_event(student)) for student in starting]
            await _nine_others_are_well(faulty_lab)
            for event in await asyncio.gather(*told):
                assert event.get("failed"), event
                assert "took too long to start. Start it again" in event["message"], event
        await until(lambda: not table(faulty_lab))
        faults.mend()
        await asyncio.gather(*(reach_lab(student) for student in stuck))
        await all_is_well(faulty_lab)
        await asyncio.gather(*(student.stop() for student in stuck))


async def _nine_others_are_well(lab: Lab) -> None:
    async with crowd(lab, "f7-other", *map(str, range(9))) as others:
        await asyncio.gather(*(student.start_and_wait() for student in others))
        rows = table(lab)
        assert [rows[student.name, ""]["ready"] for student in others] == [True] * 9
        await asyncio.gather(*(student.stop() for student in others))


@asynccontextmanager
async def crowd(lab: Lab, prefix: str, *names: str) -> AsyncIterator[list[Student]]:
    """Several people with accounts made at once."""
    accounts = [f"{prefix}-{name}" for name in names]
    made = await asyncio.to_thread(lab.crepre, "user", "add", *accounts, "--json")
    students = [Student(lab, name) for name in accounts]
    for student, each in zip(students, json.loads(made), strict=True):
        await student.join(each["link"])
    yield students
    for student in students:
        await student.http.close()


async def _last_event(student: Student) -> dict[str, Any]:
    """How the start of *student* ends."""
    async with asyncio.timeout(120):
        return [event async for event in student.progress()][-1]
