"""A lab of its own in a temporary folder, with names and ports that meet no other's."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from supervisor.xmlrpc import SupervisorTransport

from crepre_hub.backends.docker.backend import DockerBackend
from crepre_hub.ops.processes import is_up
from crepre_hub.settings.last_good import settings_or_last_good
from tests.machine.guard_removal import remove_guard

PROJECT = Path(__file__).parents[2]
CREPRE = Path(sys.executable).parent / "crepre"
SHARED_STACK = PROJECT / "var" / "machine" / "stack"
PASSWORD = "seven purple tubas"

PATIENCE_SECONDS = 90
"""For what takes a second or two, on a machine where a process may not run for ten."""

HALF = int(os.environ.get("CREPRE_TESTS_HALF", "0"))
"""Which of the halves that run side by side this is: their labs' ports and subnets are apart."""

_numbers = itertools.count()
_taken: set[int] = set()
_third = secrets.randbelow(256)
"""Somewhere, so that another run on this machine hardly ever has the same networks."""

COURSE = """\
title = "Machine learning for music"
open = true
teachers = ["tess"]

[profiles.small]
title = "Small notebook"
description = "For most exercises."
image = "minimal"
cpus = 1
memory = "1 GiB"

[profiles.large]
title = "Large notebook"
image = "minimal"
cpus = 2
memory = "2 GiB"
"""


def until(fact: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> Any:
    """What *fact* returns once that is true; AssertionError where it is not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := fact():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what or fact}")


def free_port() -> int:
    """
    A port whose neighbours at 1 and 81 above it are free as well.

    One that was given before comes last: its lab may not be up yet, or be down for a moment.
    """
    first, begin = 21000 + 4500 * HALF, secrets.randbelow(45)
    ports = [first + 100 * ((begin + number) % 45) for number in range(45)]
    for port in sorted(ports, key=_taken.__contains__):
        if all(_is_free(port + offset) for offset in (0, 1, 81)):
            _taken.add(port)
            return port
    raise AssertionError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass
class Lab:
    """
    A lab in *root*; it runs between ``up`` and ``down``.

    Attributes:
        engine: ``DOCKER_HOST`` of the engine that really runs things.
        socket: Where the lab is told that Docker listens, if that is somebody in between.
        environment: What its programs are told beside what the tests have.
    """

    root: Path
    id: str
    port: int
    backend: str
    subnet: str
    engine: str = "unix:///var/run/docker.sock"
    socket: str = ""
    base: str = ""
    more_settings: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """The lab's own files."""
        return self.root / "var"

    @property
    def hub_log(self) -> str:
        """What of the hub's words is written down; supervisord does that, a moment later."""
        return (self.state / "log" / "hub.log").read_text(errors="replace")

    async def until_logged(self, words: str) -> None:
        """Return when *words*, a regular expression, are in the hub's log."""
        await asyncio.to_thread(
            until, lambda: re.search(words, self.hub_log), what=f"in the hub's log: {words}"
        )

    def write(self, course: str = COURSE) -> None:
        """Write ``lab.toml`` and one course, ``ml``."""
        sections = {
            "lab": f'name = "Test lab"\nid = "{self.id}"\n'
            f'url = "{self.url}"\nlisten = "127.0.0.1:{self.port}"\n',
            "servers": f'backend = "{self.backend}"\n',
            "docker": f'subnet = "{self.subnet}"\nsocket = "{self.socket or self.engine}"\n',
        }
        for name, lines in self.more_settings.items():
            sections[name] = sections.get(name, "") + lines
        text = "\n".join(f"[{name}]\n{lines}" for name, lines in sections.items())
        (self.root / "lab.toml").write_text(text)
        if self.backend != "docker":
            self._share_software()
        (self.root / "courses").mkdir(exist_ok=True)
        (self.root / "courses" / "ml.toml").write_text(course)

    def _share_software(self) -> None:
        """Labs in local processes use one environment, which is made once for all tests."""
        SHARED_STACK.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(exist_ok=True)
        if not (self.state / "stack").exists():
            (self.state / "stack").symlink_to(SHARED_STACK)

    # --- the command line

    def crepre(self, *words: str, ok: bool = True) -> str:
        """What ``crepre`` prints; with *ok* it must end well."""
        environment = {**os.environ, "CREPRE_ROOT": str(self.root), "NO_COLOR": "1"}
        environment.pop("DOCKER_HOST", None)
        environment |= self.environment
        if self.base:
            environment["CREPRE_BASE_IMAGE"] = self.base
        done = subprocess.run(
            [CREPRE, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0 or not ok, f"crepre {words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def up(self) -> None:
        """Run the lab; back when it is ready."""
        self.crepre("up", "--detach")

    def down(self) -> None:
        """End the lab and everything it made outside its folder."""
        self.crepre("down", "--servers", ok=False)
        if is_up(self.state):  # its hub did not answer
            self.crepre("down", ok=False)
        if self.backend == "docker":
            self._sweep()

    def _sweep(self) -> None:
        guard = DockerBackend(settings_or_last_good(self.root)).guard
        with self.docker() as client:
            if client.containers.list(all=True, filters={"name": guard.name}):
                remove_guard(client.api, guard)  # its rules are the kernel's, and would stay
            mine = {"label": f"crepre.lab={self.id}"}
            for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
                container.remove(force=True, v=True)
            for volume in client.volumes.list(filters={"name": self.id}):
                if re.match(f"{self.id}-(home|data|shared)-", volume.name):
                    volume.remove(force=True)
            for network in client.networks.list(filters=mine):
                network.remove()

    @contextmanager
    def docker(self) -> Iterator[docker.DockerClient]:
        """The real engine, whoever stands between it and the lab."""
        client = docker.DockerClient(base_url=self.engine)
        try:
            yield client
        finally:
            client.close()

    def containers(self, user: str = "") -> list[Any]:
        """Containers of seats, running or not; only *user*'s if given."""
        labels = [f"crepre.lab={self.id}", f"crepre.user={user}" if user else "crepre.user"]
        with self.docker() as client:
            shown = client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
            return list(shown)

    def link_for(self, user: str, *, admin: bool = False) -> str:
        """A one-time link that opens a new account."""
        words = ["user", "add", user, "--json", *(["--admin"] if admin else [])]
        return str(json.loads(self.crepre(*words))[0]["link"])

    # --- its processes

    def pid(self, program: str) -> int:
        """The process number of a program; 0 while it does not run."""
        info: Any = self._supervisor("getProcessInfo", program)
        return int(info["pid"])

    def kill(self, program: str, number: int = signal.SIGKILL) -> int:
        """Signal a program's process; supervisord starts it again. Returns its old number."""
        pid = self.pid(program)
        os.kill(pid, number)
        return pid

    def stop_program(self, program: str) -> None:
        """End a program and keep it down."""
        self._supervisor("stopProcess", program)

    def start_program(self, program: str) -> None:
        """Start a program that was stopped."""
        self._supervisor("startProcess", program, False)

    def until_hub_is_back(self, old_pid: int = 0) -> None:
        """Return when a hub other than *old_pid* answers through the proxy."""
        until(lambda: self.pid("hub") not in (0, old_pid), what="a new hub")
        until(self.answers, what="the hub's answer")

    def answers(self) -> bool:
        """Whether the hub answers through the proxy."""
        try:
            with urllib.request.urlopen(f"{self.url}/hub/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _supervisor(self, method: str, *words: object) -> object:
        path = f"unix://{self.state / 'supervisor.sock'}"
        transport = SupervisorTransport(None, None, path)
        try:
            server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(server.supervisor, method)(*words)
        finally:
            transport.close()


def new_lab(root: Path, *, backend: str, **more: Any) -> Lab:
    """A lab in *root*, written but not running."""
    number = next(_numbers)
    unique = secrets.token_hex(3)
    lab = Lab(
        root=root,
        id=f"t{unique}{number % 100}",
        port=free_port(),
        backend=backend,
        subnet=f"10.{210 + 10 * HALF + number % 10}.{(_third + number // 10) % 256}.0/24",
        **more,
    )
    lab.write()
    return lab
