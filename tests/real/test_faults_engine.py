"""F8: the Docker Engine itself restarts, one of our own beside the machine's."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.images import build_image
from tests.faults.fixtures import quicken
from tests.faults.hub_process import until
from tests.faults.invariants import all_is_well
from tests.faults.sight import containers, table
from tests.faults.work import Work, reach_lab
from tests.labs.fixtures import People
from tests.labs.lab import Lab, new_lab
from tests.machine.engine import Engine, EngineMissingError, ensure_docker_engine
from tests.machine.fixtures import absent

IMAGES = ("minimal", "guard")

BRIDGE = "cr-own-engine"
"""A bridge of its own: with ``--bridge=none`` it would remove the other engine's ``docker0``."""


@dataclass
class OwnEngine:
    """An engine with data, a socket and processes of its own; it leaves the host's firewall be."""

    folder: Path
    running: Engine | None = None

    def start(self, *more: str) -> Engine:
        """Run it, unless it does, and come back when it answers."""
        if self.running is not None and self.running.ours is not None:
            return self.running
        self.running = ensure_docker_engine(
            self.folder / "log",
            socket=self.folder / "s",
            arguments=[*self._arguments(), *more],
        )
        return self.running

    def stop(self) -> None:
        """End it as its service would."""
        if self.running is not None:
            self.running.stop()

    def _arguments(self) -> Sequence[str]:
        return (
            f"--data-root={self.folder / 'data'}",
            f"--exec-root={self.folder / 'exec'}",
            f"--pidfile={self.folder / 'pid'}",
            f"--bridge={BRIDGE}",
            *(f"--{name}=false" for name in ("iptables", "ip6tables", "ip-masq", "ip-forward")),
        )


@pytest.fixture(scope="module")
def own_bridge(root: None) -> Iterator[None]:
    """The bridge, which no container uses."""
    subprocess.run(["ip", "link", "add", BRIDGE, "type", "bridge"], check=True)
    subprocess.run(["ip", "addr", "add", "10.249.9.1/29", "dev", BRIDGE], check=True)
    yield
    subprocess.run(["ip", "link", "delete", BRIDGE], check=True)


@pytest.fixture(scope="module")
def own_engine(
    tmp_path_factory: pytest.TempPathFactory,
    own_bridge: None,
    docker_program: Path,
    base_image: str,
) -> Iterator[OwnEngine]:
    """A second engine with the lab's images."""
    engine = OwnEngine(tmp_path_factory.mktemp("e"))
    try:
        url = engine.start().url
    except EngineMissingError as problem:
        absent(f"a second Docker Engine: {problem}")
    names = [base_image]
    for image in IMAGES:
        build_image(image, base=base_image, on_step=lambda step: None)
        names += [find_image_folder(image).tag, find_image_folder(image).latest]
    with subprocess.Popen([docker_program, "save", *names], stdout=subprocess.PIPE) as saving:
        load = [docker_program, "--host", url, "load", "--quiet"]
        subprocess.run(load, stdin=saving.stdout, check=True)
    yield engine
    engine.stop()
    unmount_below(engine.folder)
    shutil.rmtree(engine.folder)


def unmount_below(folder: Path) -> None:
    """Undo what an engine has mounted in *folder* and, with live-restore, leaves."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in sorted(points, reverse=True):
        if Path(point).is_relative_to(folder):
            subprocess.run(["umount", point], check=True)


@pytest.fixture(scope="module")
def own_lab(
    own_engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory, base_image: str
) -> Iterator[Lab]:
    """A lab on the second engine."""
    assert own_engine.running is not None
    lab = new_lab(
        tmp_path_factory.mktemp("lab"),
        backend="docker",
        engine=own_engine.running.url,
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
