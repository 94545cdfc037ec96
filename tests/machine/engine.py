"""A Docker Engine for the tests: the one that runs, or one of our own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors

from tests.machine.packages import program

START_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 120
DEFAULT_SOCKET = Path("/var/run/docker.sock")


class EngineMissingError(Exception):
    """No Docker Engine runs, and none can be started; the message says why."""


@dataclass
class Engine:
    """A Docker Engine that answers at *socket*; *ours* is set if we started it."""

    socket: Path
    ours: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What goes into ``DOCKER_HOST``."""
        return f"unix://{self.socket}"

    def stop(self) -> None:
        """End the engine if we started it; its containers, if any, live on."""
        if self.ours is None:
            return
        self.ours.terminate()
        self.ours.wait(STOP_TIMEOUT_SECONDS)
        self.ours = None


def ensure_docker_engine(
    log: Path,
    *,
    socket: Path = DEFAULT_SOCKET,
    arguments: Sequence[str] = (),
    inside: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Engine:
    """
    The engine at *socket*, started now if there is none.

    Args:
        log: Where an engine of our own writes what it says.
        arguments: Further arguments for an engine of our own.
        inside: The beginning of its command line, such as ``unshare --net``.
        environment: Of an engine of our own; what its hooks inherit. None for ours.

    Raises:
        EngineMissingError: If none runs and none can be started.
    """
    if answers(socket):
        return Engine(socket)
    daemon = program("dockerd")()
    if daemon is None:
        raise EngineMissingError("no Docker Engine: the package docker.io is missing")
    if os.geteuid() != 0:
        raise EngineMissingError("no Docker Engine runs, and only root can start one")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*inside, str(daemon), "--live-restore", f"--host=unix://{socket}", *arguments]
    with log.open("ab") as output:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    engine = Engine(socket, running)
    wait_until_it_answers(engine, log)
    return engine


def wait_until_it_answers(engine: Engine, log: Path) -> None:
    """Return as soon as the engine answers; end it if it does not in time."""
    until = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < until:
        if answers(engine.socket):
            return
        if engine.ours is None or engine.ours.poll() is not None:
            raise EngineMissingError(f"dockerd ended: {tail(log)}")
        time.sleep(0.1)
    engine.stop()
    raise EngineMissingError(f"dockerd was silent for {START_TIMEOUT_SECONDS} s: {tail(log)}")


def answers(socket: Path) -> bool:
    """Whether a Docker Engine answers at *socket*."""
    if not socket.exists():
        return False
    try:
        client = docker.DockerClient(base_url=f"unix://{socket}", timeout=10)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except (docker.errors.DockerException, OSError):
        return False
    finally:
        client.close()


def tail(log: Path) -> str:
    """The end of a log, on one line."""
    return " / ".join(log.read_text(errors="replace").splitlines()[-3:])
