"""The labs that are compared: ours, and stock JupyterHub with DockerSpawner in two tunings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Protocol

import docker

from bench.visitor import Visitor
from crepre_hub.ops.program import last_lines
from crepre_hub.ops.proxy import ensure_proxy, node
from tests.labs.lab import Lab, free_port

STOCK = Path(__file__).parent / "stock"
PROXY = Path(__file__).parents[1] / "deploy" / "proxy"

COURSE = """\
title = "Benchmark"
open = true

[profiles.small]
title = "Small notebook"
image = "{image}"
cpus = 2
memory = "2 GiB"
"""


class Peer(Protocol):
    """A running lab that is measured."""

    name: str
    title: str

    @property
    def url(self) -> str:
        """What a browser opens."""
        ...

    def up(self) -> None:
        """Run it; back when it answers."""
        ...

    def down(self) -> None:
        """End it and take away all that it made; may be repeated."""
        ...

    def roots(self) -> list[int]:
        """The processes that hub, proxy and their helpers descend from."""
        ...

    def hub(self) -> int:
        """The hub's process."""
        ...

    def container_of(self, user: str) -> str:
        """Docker's name or number for *user*'s container; empty if there is none."""
        ...

    async def admit(self, users: list[str]) -> list[Visitor]:
        """*users*, logged in."""
        ...


class Ours:
    """
    A lab as ``crepre up`` makes it, with a profile that has no less than stock's servers.

    With *command* servers are begun by another one than the image's own, such as stock's: what
    is left then is what the hub does, without what the image does.
    """

    def __init__(
        self, root: Path, lab_id: str, image: str, subnet: str, base: str, *, command: str = ""
    ) -> None:
        self.name = "unshaped" if command else "ours"
        self.title = f"crepre-hub{f' with {command} as its command' if command else ''}"
        root.mkdir()
        self._lab = Lab(root, lab_id, free_port(), "docker", subnet, base=base)
        self._image = image
        self._command = command

    @property
    def url(self) -> str:
        """What a browser opens."""
        return self._lab.url

    def up(self) -> None:
        """Run it; back when it answers."""
        self._lab.write(COURSE.format(image=self._image))
        if self._command:
            hatch = self._lab.root / "config.d"
            hatch.mkdir()
            (hatch / "command.py").write_text(f"c.DockerSpawner.cmd = {self._command!r}\n")
        self._lab.up()

    def down(self) -> None:
        """End it and take away all that it made; may be repeated."""
        self._lab.down()

    def roots(self) -> list[int]:
        """The supervisor, whose children are hub, proxy and culler."""
        return [int((self._lab.state / "supervisord.pid").read_text())]

    def hub(self) -> int:
        """The hub's process."""
        return self._lab.pid("hub")

    def container_of(self, user: str) -> str:
        """*user*'s container, by its labels, since its name tells nobody whose it is."""
        found = self._lab.containers(user)
        return str(found[0].id) if found else ""

    async def admit(self, users: list[str]) -> list[Visitor]:
        """Accounts through one-time links, as an admin makes them."""
        made = json.loads(self._lab.crepre("user", "add", *users, "--json"))
        visitors = [Visitor(self, each["name"]) for each in made]
        for visitor, each in zip(visitors, made, strict=True):
            await visitor.join(each["link"])
        return visitors


@dataclass
class Stock:
    """JupyterHub with DockerSpawner and a configuration of ``bench/stock``."""

    name: str
    title: str
    root: Path
    prefix: str
    image: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Run it; back when it answers."""
        self.root.mkdir()
        command = [sys.executable, "-m", "jupyterhub", "-f", str(STOCK / f"{self.name}.py")]
        environment = {**os.environ, "BENCH_STOCK": json.dumps(self._told())}
        with (self.root / "hub.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.root,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._until_it_answers()

    def down(self) -> None:
        """End it and take away all that it made; may be repeated."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
            with suppress(ProcessLookupError):  # a hub that failed leaves its proxy
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None
        sweep(self.prefix)

    def roots(self) -> list[int]:
        """The hub, whose child is the proxy."""
        return [self.hub()]

    def hub(self) -> int:
        """The hub's process; RuntimeError if it has ended, since then somebody else answers."""
        assert self.process is not None  # asked between up and down only
        if self.process.poll() is not None:
            raise RuntimeError(f"stock JupyterHub ({self.name}) has ended:\n{self._last_words()}")
        return self.process.pid

    def container_of(self, user: str) -> str:
        """The name of *user*'s container."""
        return f"{self.prefix}-{user}"

    async def admit(self, users: list[str]) -> list[Visitor]:
        """Anybody comes in, with any password."""
        visitors = [Visitor(self, user) for user in users]
        for visitor in visitors:
            await visitor.log_in()
        return visitors

    def _told(self) -> dict[str, Any]:
        script = ensure_proxy(PROXY, self.root / "proxy")
        network = f"{self.prefix}-net"
        return {
            "port": self.port,
            "hub_ip": make_network(network),
            "network": network,
            "proxy": [str(node()), str(script)],
            "image": self.image,
            "prefix": self.prefix,
        }

    def _until_it_answers(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/hub/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"stock JupyterHub ({self.name}) did not start:\n{self._last_words()}")

    def _last_words(self) -> str:
        log = (self.root / "hub.log").read_text(errors="replace").splitlines()
        return last_lines([line for line in log if "ConfigProxy" not in line])


def make_network(network: str) -> str:
    """Make a Docker network; returns the host's address on it."""
    with closing(docker.from_env()) as client:
        client.networks.create(network, driver="bridge")
        pools = client.networks.list(names=[network])[0].attrs["IPAM"]["Config"]
        return str(pools[0].get("Gateway") or _first_address(pools[0]["Subnet"]))


def sweep(prefix: str) -> None:
    """Remove every container, volume and network whose name begins with *prefix* and a hyphen."""
    begin = f"{prefix}-"
    with closing(docker.from_env()) as client:
        for container in client.containers.list(all=True, filters={"name": begin}):
            if container.name.startswith(begin):
                container.remove(force=True, v=True)
        for volume in client.volumes.list(filters={"name": begin}):
            if volume.name.startswith(begin):
                volume.remove(force=True)
        for network in client.networks.list(names=[begin]):
            if network.name.startswith(begin):
                network.remove()


def _first_address(subnet: str) -> str:
    return str(ip_network(subnet)[1])
