"""The docker client on this machine that can build with BuildKit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.program import run_program

FIRST_WITH_BUILDKIT = (18, 9)
FIRST_WITH_BUILDX_ONLY = (23, 0)
"""From here on the client leaves BuildKit to its plugin buildx, which may be absent."""


@dataclass(frozen=True, slots=True)
class DockerClient:
    """A ``docker`` program; *version* is empty if it did not tell."""

    path: Path
    version: str
    has_buildx: bool

    @property
    def can_buildkit(self) -> bool:
        """
        Whether ``RUN --mount`` in a Dockerfile will work.

        Source: https://docs.docker.com/engine/release-notes/23.0/#2300
        """
        numbers = tuple(int(part) for part in self.version.split(".")[:2] if part.isdigit())
        if numbers < FIRST_WITH_BUILDKIT:
            return False
        return numbers < FIRST_WITH_BUILDX_ONLY or self.has_buildx

    def __str__(self) -> str:
        return f"docker {self.version or 'of unknown version'} at {self.path}"


def find_docker_client(environment: Mapping[str, str]) -> DockerClient:
    """
    The first docker client on the PATH that can build with BuildKit.

    Raises:
        CommandFailed: If there is none.
    """
    clients = []
    for path in programs_on_path("docker", environment.get("PATH", "")):
        client = ask_client(path, environment)
        if client.can_buildkit:
            return client
        clients.append(client)
    raise no_client(clients)


def no_client(clients: Sequence[DockerClient]) -> CommandFailed:
    """Why images cannot be built with *clients*, none of which can BuildKit."""
    if not clients:
        return CommandFailed(
            "There is no docker client on this machine.",
            remedy="Install it: `apt-get install docker.io` on Debian and Ubuntu.",
        )
    return CommandFailed(
        f"No docker client here can use BuildKit: {', '.join(map(str, clients))}.",
        remedy="Install its plugin: `apt-get install docker-buildx-plugin`"
        " (in Debian's and Ubuntu's own archives it is named `docker-buildx`).",
    )


def programs_on_path(name: str, path: str) -> Iterator[Path]:
    """Every different program called *name* in the folders of *path*, in their order."""
    seen = set()
    for folder in filter(None, path.split(os.pathsep)):
        program = Path(folder, name)
        if os.access(program, os.X_OK) and program.is_file() and program.resolve() not in seen:
            seen.add(program.resolve())
            yield program


def ask_client(path: Path, environment: Mapping[str, str]) -> DockerClient:
    """What the client at *path* says about itself; asks no Docker Engine."""
    try:
        said = run_program([str(path), "--version"], environment=environment)
    except CommandFailed:
        return DockerClient(path, version="", has_buildx=False)
    try:
        run_program([str(path), "buildx", "version"], environment=environment)
        has_buildx = True
    except CommandFailed:
        has_buildx = False
    return DockerClient(path, version=read_version(said), has_buildx=has_buildx)


def read_version(said: str) -> str:
    """The version in ``Docker version 20.10.24+dfsg1, build 297e128``; empty if none is there."""
    found = re.search(r"version v?(\d+\.\d+(?:\.\d+)?)", said)
    return found[1] if found else ""
