"""What crashes and cancelled starts leave behind stands in nobody's way, and not for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from crepre_hub.names import home_volume
from tests.faults.hub_process import until
from tests.faults.invariants import all_is_well
from tests.faults.sight import container_name, containers, table
from tests.faults.work import reach_lab
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.lab import Lab

LEFTOVERS: dict[str, Callable[[Any], object]] = {
    "created": lambda container: None,
    "exited": lambda container: (container.start(), container.stop(timeout=0)),
    "paused": lambda container: (container.start(), container.pause()),
    "running": lambda container: container.start(),
}


def leave(lab: Lab, user: str, *, name: str = "", of: str = "") -> str:
    """Make a container that looks like *user*'s server; returns its id."""
    labels = {"crepre.lab": of or lab.id, "crepre.user": user, "crepre.server": ""}
    with lab.docker() as client:
        made = client.containers.create(
            "crepre/minimal:latest",
            ["sleep", "600"],
            name=name or container_name(lab, user),
            environment={"JUPYTERHUB_API_TOKEN": "of a server that is long gone"},
            labels=labels,
            init=True,
        )
        LEFTOVERS.get(user.partition("-")[2], LEFTOVERS["running"])(made)
        return str(made.id)


def was_made(lab: Lab, name: str, *, since: int) -> bool:
    """Whether Docker has made a container called *name*; it may be gone already."""
    of_it = {"event": "create", "container": name}
    with lab.docker() as client:
        seen = client.events(since=since, until=int(time.time()) + 1, filters=of_it)
        return any(True for _ in seen)


async def test_leftovers_never_stop_their_owner(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """A container in any state under a student's name gives way when that student starts."""
    students = [await person(faulty_lab, f"left-{state}") for state in LEFTOVERS]
    with faults.fault("answer", "GET", "/containers/json"):  # nobody sees one that is half made
        left = {leave(faulty_lab, student.name) for student in students}
    await asyncio.gather(*(reach_lab(student) for student in students))
    await all_is_well(faulty_lab)
    assert left.isdisjoint(container.id for _, container in containers(faulty_lab))
    await asyncio.gather(*(student.stop() for student in students))


async def test_a_name_that_docker_holds_is_stepped_around(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """A name that Docker says is taken, by a container that it does not show, stops nobody."""
    student = await person(faulty_lab, "held")
    name = container_name(faulty_lab, "held")
    with faults.fault("answer", "POST", rf"/containers/create\?name={name}$", status=409) as rule:
        await reach_lab(student)
    assert rule.met
    await all_is_well(faulty_lab)
    await student.stop()
    await all_is_well(faulty_lab)


INTERRUPTED = "Interrupting spawner"
"""What JupyterHub logs when it gives up a start for somebody who asked for that."""

PHASES = {
    "creating": ("hold", "POST", "/containers/create"),
    "starting": ("hold", "POST", "/containers/[^/]+/start"),
    "listening": ("hold-answer", "POST", "/containers/[^/]+/start"),
}


@pytest.mark.parametrize("phase", PHASES)
async def test_a_cancelled_start_leaves_nothing(
    faulty_lab: Lab, faults: FaultyDocker, person: People, phase: str
) -> None:
    """A start cancelled in any phase leaves no container and may be repeated at once."""
    student = await person(faulty_lab, f"cancel-{phase}")
    act, method, path = PHASES[phase]
    said = faulty_lab.hub_log.count(INTERRUPTED)
    with faults.fault(act, method, path, times=1) as rule:
        await student.start()
        await until(lambda: rule.met)
        cancelling = asyncio.create_task(student.api("DELETE", f"users/{student.name}/server"))
        await until(lambda: faulty_lab.hub_log.count(INTERRUPTED) > said)
    status, answer = await cancelling
    assert status in (202, 204), answer
    await until(lambda: not table(faulty_lab))
    await until(lambda: not faulty_lab.containers(student.name))
    await reach_lab(student)
    await all_is_well(faulty_lab)
    await student.stop()


async def test_a_call_that_lands_late_leaves_nothing(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """A container that Docker makes after its start was given up is found and ended."""
    student = await person(faulty_lab, "late")
    rule = faults.add("hold", "POST", "/containers/create", times=1, even_if_nobody_waits=True)
    await student.start()
    await until(lambda: rule.met)
    await student.api("DELETE", f"users/{student.name}/server")
    await until(lambda: not table(faulty_lab))
    begin = int(time.time())
    rule.lift()
    await until(lambda: rule.over)
    assert was_made(faulty_lab, container_name(faulty_lab, student.name), since=begin)
    await all_is_well(faulty_lab)
    assert not faulty_lab.containers(student.name)


async def test_two_tabs_start_one_server(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """I9: the start asked for twice at the same time is one start and one container."""
    student = await person(faulty_lab, "twice")
    await asyncio.gather(student.start(), student.start("ml/large"))
    await reach_lab(student)
    await all_is_well(faulty_lab)
    name = container_name(faulty_lab, student.name)
    assert len(faults.calls("POST", rf"/containers/create\?name={name}$")) == 1
    await student.stop()


async def test_orphans_end_and_homes_stay(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """A lab's container that nobody knows is ended; homes, guard, neighbours and others stay."""
    healthy = await person(faulty_lab, "healthy")
    await reach_lab(healthy)
    [(_, kept)] = containers(faulty_lab)
    with faults.fault("answer", "GET", "/containers/json"):  # nobody sees one that is half made
        second = leave(faulty_lab, "healthy", name=f"{faulty_lab.id}-second-of-healthy")
        orphan = leave(faulty_lab, "gone")
        foreign = leave(faulty_lab, "foreign", name=f"{faulty_lab.id}-foreign", of="another")
    try:
        await until(lambda: [each.id for _, each in containers(faulty_lab)] == [kept.id])
        with faulty_lab.docker() as client:
            assert client.containers.get(foreign).status == "running"
            assert client.containers.get(f"{faulty_lab.id}-guard").status == "running"
            assert client.volumes.get(home_volume(faulty_lab.id, "healthy"))
    finally:
        with faulty_lab.docker() as client:
            client.containers.get(foreign).remove(force=True)
    assert second != orphan
    await all_is_well(faulty_lab)


async def test_silence_ends_nothing(faulty_lab: Lab, faults: FaultyDocker, person: People) -> None:
    """While Docker cannot say what there is, nothing is ended, orphan or not."""
    with faults.fault("answer", "GET", "/containers/json", status=500) as rule:
        orphan = leave(faulty_lab, "gone")
        await until(lambda: rule.met > 5)
        assert [container.id for _, container in containers(faulty_lab)] == [orphan]
    await all_is_well(faulty_lab)
