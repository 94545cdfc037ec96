"""Debian packages that the real tests use, and how to see whether they are there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DAEMON_FOLDERS = ("/usr/sbin", "/sbin")
"""Where Debian puts programs for root; an ordinary account's PATH lacks them."""


@dataclass(frozen=True)
class Need:
    """A package, what it is for, and how to find what it brings; ``None`` if it is not there."""

    package: str
    reason: str
    find: Callable[[], Path | None]


def program(name: str) -> Callable[[], Path | None]:
    """Finds the program *name*."""

    def find() -> Path | None:
        path = os.pathsep.join([os.environ.get("PATH", ""), *DAEMON_FOLDERS])
        found = shutil.which(name, path=path)
        return Path(found) if found else None

    return find


def newest(pattern: str) -> Callable[[], Path | None]:
    """Finds the last file, by version, that matches *pattern* below the root folder."""

    def find() -> Path | None:
        found = sorted(
            Path("/").glob(pattern.lstrip("/")),
            key=lambda path: [int(part) for part in path.parts if part.isdigit()],
        )
        return found[-1] if found else None

    return find


NEEDS: tuple[Need, ...] = (
    Need("docker.io", "students' servers in containers", program("dockerd")),
    Need("iptables", "the engine's own rules", program("iptables")),
    Need("nftables", "the guard between seats", program("nft")),
    Need("iproute2", "networks of the tests' own", program("ip")),
    Need("chromium", "a student's browser", program("chromium")),
    Need("postgresql", "the hub's other database", newest("/usr/lib/postgresql/*/bin/postgres")),
    Need("slapd", "a directory to log in with", program("slapd")),
    Need("ldap-utils", "changes in that directory", program("ldapmodrdn")),
    Need("mmdebstrap", "a base image where none can be pulled", program("mmdebstrap")),
    Need(
        "fonts-dejavu-core",
        "letters in the browser's pictures",
        newest("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    ),
)


def missing_needs() -> tuple[Need, ...]:
    """What is not on this machine."""
    return tuple(need for need in NEEDS if need.find() is None)


def why_not_installable() -> str:
    """Why packages cannot be installed here; empty if they can."""
    if shutil.which("apt-get") is None:
        return "this is no Debian or Ubuntu"
    if os.geteuid() != 0:
        return "this is not root"
    return ""


def render_install_command(needs: Sequence[Need]) -> list[str]:
    """The command line that installs *needs*."""
    packages = [need.package for need in needs]
    return ["apt-get", "install", "--yes", "--no-install-recommends", *packages]


def install(needs: Sequence[Need]) -> None:
    """Install *needs*; apt's own words are shown."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], render_install_command(needs)):
        print("$", " ".join(command), flush=True)
        subprocess.run(command, env=environment, check=True)
