"""What machine it was, and what ran on it."""

from __future__ import annotations

import os
import platform
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import docker

PACKAGES = ("crepre-hub", "jupyterhub", "dockerspawner", "docker", "tornado", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader of the figures has to know."""

    date: str
    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    engine: str
    cgroups: str
    containers_of_others: int
    load: tuple[float, float, float]
    image: str
    versions: dict[str, str]


def this_machine(image: str) -> Machine:
    """
    As it is before the run.

    Args:
        image: The digest of the servers' image.
    """
    with closing(docker.from_env()) as client:
        about = client.info()
        running = len(client.containers.list())
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(about["MemTotal"] / 1024**3, 1),
        kernel=platform.release(),
        python=platform.python_version(),
        engine=about["ServerVersion"],
        cgroups=f"v{about.get('CgroupVersion', '1')}",
        containers_of_others=running,
        load=os.getloadavg(),
        image=image,
        versions={name: version(name) for name in PACKAGES},
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
