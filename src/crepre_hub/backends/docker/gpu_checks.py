"""Whether this Docker Engine can lend GPUs, and to nobody else than it is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.engine import client_at
from crepre_hub.backends.docker.engine_facts import DAEMON_FILE, numbers_of
from crepre_hub.backends.docker.gpu import CDI_KIND
from crepre_hub.errors import CommandFailed
from crepre_hub.findings import Finding
from crepre_hub.ops.docker_cli import programs_on_path
from crepre_hub.ops.program import run_program
from crepre_hub.settings.reader import Settings

HOOK = "nvidia-container-runtime-hook"
TOOL = "nvidia-ctk"
FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a service of systemd looks for programs."""

MENDED = (1, 17, 8)
"""
First NVIDIA Container Toolkit without the known ways out of a container.

Source: CVE-2025-23266 in https://nvidia.custhelp.com/app/answers/detail/a_id/5659
"""

INSTALL = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
)
RESTART = "systemctl restart docker"


@dataclass(frozen=True, slots=True)
class LendingFacts:
    """
    What lends GPUs to containers here.

    Attributes:
        toolkit: Version of NVIDIA's toolkit; empty where it is not there or does not tell.
        has_hook: Whether its hook is where Docker looks for it.
        cdi: Names of GPUs that the Engine knows by CDI.
    """

    toolkit: str = ""
    has_hook: bool = False
    cdi: frozenset[str] = frozenset()
    default_runtime: str = "runc"
    cgroup_driver: str = "cgroupfs"


def look_at_lending(engine: str, settings: Settings) -> LendingFacts | None:
    """Ask the Engine and the toolkit; None where no course asks for a GPU."""
    profiles = (each for course in settings.courses for each in course.profiles.values())
    if all(profile.gpu is None for profile in profiles):
        return None
    with errors_as_ours("asking about GPUs"):
        info = client_at(engine).info()
    return lending_facts(info, toolkit=_toolkit_version(), has_hook=bool(_program(HOOK)))


def lending_facts(info: Mapping[str, Any], *, toolkit: str, has_hook: bool) -> LendingFacts:
    """The facts in the Engine's answer to ``GET /info``, and those of the toolkit."""
    devices = {str(each.get("ID")) for each in info.get("DiscoveredDevices") or ()}
    return LendingFacts(
        toolkit=toolkit,
        has_hook=has_hook,
        cdi=frozenset(each for each in devices if each.startswith(f"{CDI_KIND}=")),
        default_runtime=str(info.get("DefaultRuntime", "runc")),
        cgroup_driver=str(info.get("CgroupDriver", "cgroupfs")),
    )


def judge_lending(seen: LendingFacts | None) -> Iterator[Finding]:
    """What keeps containers from their GPUs, what lets them out, and what takes them away."""
    if seen is None:
        yield Finding("skipped", "No course asks for a GPU.")
        return
    yield from [*_judge_ways(seen), *_judge_toolkit(seen)] or [
        Finding("ok", f"Docker lends GPUs {'by CDI' if seen.cdi else 'by the toolkit'}.")
    ]


def _judge_ways(seen: LendingFacts) -> Iterator[Finding]:
    if not seen.cdi and not seen.has_hook:
        text = "Docker cannot give GPUs to containers: NVIDIA's Container Toolkit is not here."
        yield Finding("error", text, remedy=f"Install it ({INSTALL}), then: {RESTART}")
    elif not seen.cdi and seen.cgroup_driver == "systemd":
        text = "When systemd reloads its units, as upgrades do, running servers lose their GPUs."
        remedy = f"nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml && {RESTART}"
        yield Finding("warning", text, remedy=f"With Docker 28.2 or newer: {remedy}")
    if seen.default_runtime == "nvidia":
        text = "Docker's default runtime is nvidia, which may show GPUs to every container."
        remedy = f'Put "default-runtime": "runc" into {DAEMON_FILE}, then: {RESTART}'
        yield Finding("error", text, remedy=remedy)


def _judge_toolkit(seen: LendingFacts) -> Iterator[Finding]:
    numbers = numbers_of(seen.toolkit)
    if not numbers and seen.has_hook:
        text = "NVIDIA's Container Toolkit does not tell its version."
        yield Finding("warning", text, remedy=f"{TOOL} --version")
    elif numbers and numbers < MENDED:
        safe = ".".join(map(str, MENDED))
        text = f"NVIDIA's Container Toolkit {seen.toolkit} has a known way out of a container"
        remedy = "apt-get update && apt-get install --only-upgrade nvidia-container-toolkit"
        yield Finding("error", f"{text} (mended in {safe}).", remedy=f"{remedy} && {RESTART}")


def _program(name: str) -> str:
    path = f"{os.environ.get('PATH', '')}:{FOLDERS}"
    return next((str(each) for each in programs_on_path(name, path)), "")


def _toolkit_version() -> str:
    """Such as ``1.17.8``, of ``NVIDIA Container Toolkit CLI version 1.17.8``."""
    tool = _program(TOOL)
    try:
        said = run_program([tool, "--version"], environment=os.environ) if tool else ""
    except CommandFailed:
        return ""
    found = re.search(r"version v?(\d+(?:\.\d+)+)", said)
    return found[1] if found else ""
