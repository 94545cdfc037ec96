"""What the watchdog of the GPUs tells people and does to servers, in a real hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.clock import utc_now
from crepre_hub.gpu.claims import Lease
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.gpu.watchdog import Patience
from crepre_hub.probes.gpu_use import GpuLoad, GpuProcess, GpuSample
from crepre_hub.settings.gpus import GpuCard, GpusSection
from crepre_hub.settings.lab import Lab as LabFile
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

pytestmark = pytest.mark.asyncio(loop_scope="module")

GiB = 1024**3
GPU = "GPU-0aaaaaaa"
NOBODY = 4_194_305
"""No process has this number: it is above the largest that Linux gives."""

SHARE = """
[profiles.share]
title = "A share of a GPU"
image = "x:1"
gpu = "6 GiB"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    """Ada and Bo at work, each with a share of the one GPU; Chen without."""
    folder = tmp_path_factory.mktemp("watchdog")
    write_course(folder, "ml", students=["ada", "bo", "chen"])
    file = folder / "courses" / "ml.toml"
    file.write_text(file.read_text() + SHARE)
    card = GpuCard(uuid=GPU, name="Card", memory="24 GiB", tier="shared")
    section = GpusSection(found_by="list", cards=(card,), cap="cooperative")
    async with course_lab_in(folder, lab_file=LabFile(gpus=section)) as lab:
        names = ("ada", "bo", "chen", "boss")
        lab.browsers = {name: await lab.newcomer(name, admin=name == "boss") for name in names}
        lab.look()
        await lab.app._first_look
        for name, profile in {"ada": "share", "bo": "share", "chen": "small"}.items():
            await lab.started(name, lab.browsers[name], f"ml/{profile}")
        yield lab


class Machine:
    """Which servers there are, and what NVML says of them; time goes by as it is told."""

    def __init__(self, lab: CourseLab, patch: pytest.MonkeyPatch) -> None:
        self.lab = lab
        self.sample = GpuSample()
        self.later = timedelta()
        desk = lab.wiring.lending
        patch.setattr(desk, "_clock", lambda: utc_now() + self.later)
        patch.setattr(lab.wiring.backend, "found", self.found)
        patch.setattr(desk, "sample", lambda: self.sample)

    def found(self) -> list[Found]:
        return [self.server("ada"), self.server("bo"), self.server("chen")]

    def server(self, name: str) -> Found:
        self.lab.app.users[name].spawner.server_id = f"c-{name}"  # the mock's are all the same
        lease = lease_of(self.lab, name)
        given = lease and GivenGpu(
            lease.id, GPU, lease.memory, 24 * GiB, lease.ends, Cap.COOPERATIVE
        )
        return Found(f"c-{name}", Seat(name), utc_now(), "ml", "x", given)

    async def measures(self, minutes: int = 0, **takes: int) -> None:
        """So many minutes later NVML says for two samples what each server takes, in GiB."""
        self.later += timedelta(minutes=minutes)
        self.sample = GpuSample(
            (GpuLoad(GPU, sum(takes.values()) * GiB),),
            tuple(
                GpuProcess(
                    GPU, NOBODY, size * GiB, name="python",
                    container="" if name == "outside" else f"c-{name}",
                )
                for name, size in takes.items()
            ),
        )  # fmt: skip
        for _ in range(2):
            await self.lab.app.gpus._watch()


@pytest.fixture
def machine(lab: CourseLab, monkeypatch: pytest.MonkeyPatch) -> Machine:
    lab.app.gpus.watchdog.__init__(lab.app, lab.app.gpus, lab.wiring.lending)  # as a new hub's
    return Machine(lab, monkeypatch)


def lease_of(lab: CourseLab, name: str) -> Lease | None:
    return lab.wiring.lending.book().lease_of(name)


async def news(browser: CourseBrowser) -> str:
    return (await browser.get("/hub/api/crepre/news"))[1]


async def until_stopped(lab: CourseLab, name: str) -> None:
    for _ in range(900):
        if not lab.app.users[name].spawner.active:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name}'s server did not stop within 90 s")


async def test_a_watchdog_that_reports(
    lab: CourseLab, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody is told, however long it takes; nothing is threatened, and nothing ends."""
    monkeypatch.setattr(type(lab.wiring.lending), "patience", Patience(acts=False))
    await machine.measures(ada=7, bo=5)
    assert "holds 7 GiB" in (said := await news(lab.browsers["ada"]))
    assert "Otherwise" not in said
    assert "The lab's admin is told." in await news(lab.browsers["bo"])
    for _ in range(5):
        await machine.measures(minutes=3, ada=7, bo=5)
    assert lab.app.users["ada"].spawner.ready
    assert (
        "holds 7 GiB of GPU-0aaaaaaa" in (await lab.browsers["boss"].get("/hub/admin/problems"))[1]
    )


async def test_what_is_from_outside_is_told_and_nothing_else(
    lab: CourseLab, machine: Machine
) -> None:
    """On the board, to the admin, and to those on the same GPU; not on one out of service."""
    lab.wiring.lending.drain(GPU, "Anna needs it.")
    await machine.measures(outside=3)
    assert "outside" not in await news(lab.browsers["ada"])
    lab.wiring.lending.drain(GPU, "")
    await machine.measures(outside=3)
    assert "outside the lab holds 3 GiB of your GPU" in await news(lab.browsers["ada"])
    assert "outside" not in await news(lab.browsers["chen"])
    board = (await lab.browsers["chen"].get("/hub/board"))[1]
    assert "Programs use 3 GiB. 3 GiB of it are held from outside the lab." in board
    problems = (await lab.browsers["boss"].get("/hub/admin/problems"))[1]
    assert f"python (process {NOBODY}), from outside the lab, holds 3 GiB of {GPU}" in problems
    await machine.measures()
    assert "from outside" not in (await lab.browsers["chen"].get("/hub/board"))[1]


async def test_what_is_no_notebook(lab: CourseLab, machine: Machine) -> None:
    """Told, told again, and stopped; each page after it says why, and another server starts."""
    ada = lab.browsers["ada"]
    await machine.measures(ada=7, bo=5)
    assert "Otherwise the notebook that takes most" in (await ada.get("/hub/gpu"))[1]
    await machine.measures(minutes=1, ada=7, bo=5)
    assert "your terminals" not in await news(ada)
    await machine.measures(minutes=2, ada=7, bo=5)
    assert "your terminals" in await news(ada)
    assert "Somebody beside you" in await news(lab.browsers["bo"])
    await machine.measures(minutes=2, ada=7, bo=5)
    await until_stopped(lab, "ada")
    assert lease_of(lab, "ada") is None
    for path in ("/hub/gpu", "/hub/home", "/hub/user/ada/lab"):
        page = (await ada.get(path))[1]
        assert "Your server took more of the GPU than it had, so it was stopped." in page, path
    assert lab.app.users["bo"].spawner.ready
    assert await news(ada) == '{"news": []}'
    await lab.started("ada", ada, "ml/small")
    assert "so it was stopped" not in (await ada.get("/hub/home"))[1]


async def test_a_gpu_that_was_not_lent(lab: CourseLab, machine: Machine) -> None:
    """Who has no lease is told and stopped all the same; nobody else is told why."""
    chen = lab.browsers["chen"]
    for minutes in (0, 3, 3):
        await machine.measures(minutes=minutes, chen=1, bo=5)
    await until_stopped(lab, "chen")
    assert (
        "used a GPU that was not lent to it, so it was stopped at"
        in (await chen.get("/hub/home"))[1]
    )
    assert "not lent" not in (await lab.browsers["boss"].get("/hub/user/chen/lab"))[1]
