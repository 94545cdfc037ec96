"""
A second Docker Engine beside the machine's, with pretended GPUs.

It may be stopped and started, which the machine's own may not. It registers a driver for GPUs, as
Docker does wherever it finds NVIDIA's hook on its PATH; here that is ``gpu_hook.py``. One engine
with the lab's images serves all such tests, since to load the images takes longest.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.images import build_image
from tests.machine.engine import Engine, EngineMissingError, ensure_docker_engine
from tests.machine.fixtures import absent
from tests.machine.gpu_rig import GpuRig

IMAGES = ("minimal", "guard")

BRIDGE = f"cr-own-{os.getpid()}"
"""
A bridge of its own: with ``--bridge=none`` it would remove the other engine's ``docker0``.

Two runs of the tests on one machine have one each.
"""


@dataclass
class OwnEngine:
    """An engine with data, a socket and processes of its own; it leaves the host's firewall be."""

    folder: Path
    rig: GpuRig
    running: Engine | None = None

    @property
    def url(self) -> str:
        """What goes into ``DOCKER_HOST``."""
        return f"unix://{self.folder / 's'}"

    def start(self, *more: str) -> Engine:
        """Run it, unless it does, and come back when it answers."""
        if self.running is not None and self.running.ours is not None:
            return self.running
        self.running = ensure_docker_engine(
            self.folder / "log",
            socket=self.folder / "s",
            arguments=[*self._arguments(), *more],
            environment=self.rig.environment(os.environ),
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


@pytest.fixture(scope="session")
def own_bridge(root: None) -> Iterator[None]:
    """The bridge, which no container uses."""
    address = f"10.249.{secrets.randbelow(256)}.{8 * secrets.randbelow(32) + 1}/29"
    subprocess.run(["ip", "link", "add", BRIDGE, "type", "bridge"], check=True)
    subprocess.run(["ip", "addr", "add", address, "dev", BRIDGE], check=True)
    yield
    subprocess.run(["ip", "link", "delete", BRIDGE], check=True)


@pytest.fixture(scope="session")
def own_engine(
    tmp_path_factory: pytest.TempPathFactory,
    own_bridge: None,
    docker_program: Path,
    base_image: str,
) -> Iterator[OwnEngine]:
    """A second engine with the lab's images and with pretended GPUs."""
    folder = tmp_path_factory.mktemp("e")
    engine = OwnEngine(folder, GpuRig.make(folder / "gpus"))
    try:
        engine.start()
    except EngineMissingError as problem:
        absent(f"a second Docker Engine: {problem}")
    names = [base_image]
    for image in IMAGES:
        build_image(image, base=base_image, on_step=lambda step: None)
        names += [find_image_folder(image).tag, find_image_folder(image).latest]
    with subprocess.Popen([docker_program, "save", *names], stdout=subprocess.PIPE) as saving:
        load = [docker_program, "--host", engine.url, "load", "--quiet"]
        subprocess.run(load, stdin=saving.stdout, check=True)
    yield engine
    remove_containers(engine)
    engine.stop()
    unmount_below(engine.folder)
    shutil.rmtree(engine.folder)


def remove_containers(engine: OwnEngine) -> None:
    """With live-restore they would outlive the engine, and nobody could end them."""
    client = docker.APIClient(base_url=engine.start().url)
    for each in client.containers(all=True):
        client.remove_container(each["Id"], v=True, force=True)
    client.close()


def unmount_below(folder: Path) -> None:
    """Undo what an engine has mounted in *folder* and, with live-restore, leaves."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in sorted(points, reverse=True):
        if Path(point).is_relative_to(folder):
            subprocess.run(["umount", point], check=True)


@pytest.fixture
def gpu_rig(own_engine: OwnEngine) -> GpuRig:
    """The pretended GPUs of the second engine, none of them in use or failing."""
    own_engine.start()
    own_engine.rig.clear()
    return own_engine.rig
