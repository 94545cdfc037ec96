"""F8: the Docker Engine itself restarts, one of our own beside the machine's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.fixtures import quicken
from tests.faults.hub_process import until
from tests.faults.invariants import all_is_well
from tests.faults.sight import containers, table
from tests.faults.work import Work, reach_lab
from tests.labs.fixtures import People
from tests.labs.lab import Lab, new_lab
from tests.machine.own_engine import OwnEngine


@pytest.fixture(scope="module")
def own_lab(
    own_engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory, base_image: str
) -> Iterator[Lab]:
    """A lab on the second engine."""
    own_engine.start()
    lab = new_lab(
        tmp_path_factory.mktemp("lab"),
        backend="docker",
        engine=own_engine.url,
        base=base_image,
    )
    quicken(lab)
    lab.up()
    yield lab
    own_engine.start()
    lab.down()


async def test_with_live_restore_nothing_is_lost(
    own_lab: Lab, own_engine: OwnEngine, person: People
) -> None:
    """An engine that restarts with live-restore takes no kernel, no tab and no server with it."""
    work = await Work.begin(await person(own_lab, "f8-live"))
    own_engine.stop()
    await work.goes_on()
    await asyncio.to_thread(own_engine.start)
    await work.goes_on()
    await all_is_well(own_lab)
    await work.student.stop()
    await all_is_well(own_lab)


async def test_without_live_restore_homes_are_found_again(
    own_lab: Lab, own_engine: OwnEngine, person: People
) -> None:
    """Servers that ended with their engine are noticed; their owners start again and find all."""
    own_engine.stop()
    await asyncio.to_thread(own_engine.start, "--live-restore=false")
    student = await person(own_lab, "f8-dead")
    work = await Work.begin(student)
    await work.kernel.run("open('song.txt', 'w').write('la la')")
    await work.kernel.close()
    own_engine.stop()
    await asyncio.to_thread(own_engine.start, "--live-restore=false")
    await until(lambda: not table(own_lab) and not containers(own_lab))
    page, _ = await student.page(f"/hub/user/{student.name}/lab")
    assert "Your server is not running" in page
    assert "Your files are safe" in page
    await reach_lab(student)
    status, file = await student.server_api("GET", "contents/song.txt")
    assert (status, file["content"]) == (200, "la la")
    await all_is_well(own_lab)
