"""What a Docker Engine says about itself, and what that means for a lab."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from crepre_hub.backends.docker.engine import unreachable
from crepre_hub.findings import Finding

PATIENCE_SECONDS = 5

OLDEST = (20, 10)
SUPPORTED_FROM = (28,)
"""
Older Engines get no mends from Docker any more.

Source: https://github.com/moby/moby/blob/master/project/BRANCHES-AND-TAGS.md (28 was the last
before the one of 2026)
"""

RUNC_MENDS: dict[tuple[int, ...], tuple[int, ...]] = {
    (1, 1): (1, 1, 12),
    (1, 2): (1, 2, 8),
    (1, 3): (1, 3, 3),
}
"""
First runc of each line without the known ways out of a container.

Source: CVE-2024-21626 (1.1.12), CVE-2025-31133, -52565 and -52881 (1.2.8, 1.3.3), in
https://github.com/opencontainers/runc/security/advisories
"""

DAEMON_FILE = "/etc/docker/daemon.json"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """
    What matters to a lab of what an Engine says.

    Attributes:
        version: Such as ``28.5.1``.
        runc: The version of the program that makes containers; empty if it did not tell.
        security: Names of what confines containers, such as ``seccomp``.
        weak_limits: Limits that this kernel does not hold, in the Engine's words.
        root: Where images and volumes are.
        port_proxies: Processes named ``docker-proxy``, one for each published port.
    """

    version: str
    runc: str = ""
    security: frozenset[str] = frozenset()
    live_restore: bool = True
    default_runtime: str = "runc"
    weak_limits: tuple[str, ...] = ()
    root: Path = Path("/var/lib/docker")
    port_proxies: int = 0


def look_at_engine(url: str) -> EngineFacts:
    """
    Ask the Engine at *url*.

    Raises:
        DockerUnreachable: If it does not answer in a few seconds.
    """
    try:
        client = docker.APIClient(base_url=url, version="auto", timeout=PATIENCE_SECONDS)
        try:
            return engine_facts(client.version(), client.info(), _port_proxies())
        finally:
            client.close()
    except (DockerException, OSError) as error:
        raise unreachable(url, error) from error


def engine_facts(
    version: Mapping[str, Any], info: Mapping[str, Any], port_proxies: int = 0
) -> EngineFacts:
    """
    The facts in the Engine's answers.

    Args:
        version: The answer to ``GET /version``.
        info: The answer to ``GET /info``.
        port_proxies: How many processes there are with that name.

    Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System
    """
    parts = {part["Name"]: part.get("Version", "") for part in version.get("Components") or ()}
    options = info.get("SecurityOptions") or ()
    security = {option.split(",")[0].removeprefix("name=") for option in options}
    if any("profile=unconfined" in option for option in options):
        security.discard("seccomp")
    limits = ("MemoryLimit", "SwapLimit", "CpuCfsQuota", "PidsLimit")
    return EngineFacts(
        version=str(version["Version"]),
        runc=str(parts.get("runc", "")),
        security=frozenset(security),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        default_runtime=str(info.get("DefaultRuntime", "runc")),
        weak_limits=tuple(name for name in limits if info.get(name) is False),
        root=Path(info.get("DockerRootDir", "/var/lib/docker")),
        port_proxies=port_proxies,
    )


def _port_proxies() -> int:
    names = [_name_or_empty(file) for file in Path("/proc").glob("[0-9]*/comm")]
    return names.count("docker-proxy")


def _name_or_empty(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # the process has ended meanwhile
        return ""


def numbers_of(version: str) -> tuple[int, ...]:
    """``(1, 1, 5)`` of ``1.1.5+ds1-1+deb12u1``."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def judge_version(seen: EngineFacts) -> Iterator[Finding]:
    """Old Engines lack what a lab needs, then they lack mends."""
    numbers = numbers_of(seen.version)
    if numbers[:2] < OLDEST:
        text = f"Docker {seen.version} is too old; 20.10 is the oldest that works."
        yield Finding("error", text, remedy="curl -fsSL https://get.docker.com | sh")
    elif numbers[:1] < SUPPORTED_FROM:
        text = f"Docker {seen.version} is mended by nobody but, perhaps, the distribution."
        yield Finding("warning", text, remedy="curl -fsSL https://get.docker.com | sh")
    else:
        yield Finding("ok", f"Docker {seen.version}.")
    yield from judge_runc(seen.runc)


def judge_runc(version: str) -> Iterator[Finding]:
    """Whether students could break out by a known way."""
    numbers = numbers_of(version)
    mended = RUNC_MENDS.get(numbers[:2], (1, 2, 8))
    if not numbers or numbers >= mended:
        return
    upgrade = "apt-get update && apt-get install --only-upgrade runc containerd.io"
    if version == ".".join(map(str, numbers)) or "-rc" in version:
        text = f"runc {version} has known ways out of a container (mended in {_dotted(mended)})."
        yield Finding("error", text, remedy=upgrade)
    else:
        text = f"runc {version} is old, and only the distribution knows what is mended in it."
        remedy = "apt-get update && apt-get install --only-upgrade runc"
        yield Finding("warning", text, remedy=remedy)


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def judge_safety(seen: EngineFacts) -> Iterator[Finding]:
    """What keeps students apart, and keeps their servers when Docker itself restarts."""
    found = [*_judge_confinement(seen), *_judge_limits(seen), *_judge_daemon(seen)]
    yield from found or [Finding("ok", f"Containers are confined by {_listed(seen.security)}.")]


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names & {"seccomp", "apparmor", "selinux"}))


def _judge_confinement(seen: EngineFacts) -> Iterator[Finding]:
    if "seccomp" not in seen.security:
        text = "Docker's system call filter (seccomp) is off, so containers are weakly closed."
        remedy = f'Remove "seccomp-profile" from {DAEMON_FILE}, then: systemctl restart docker'
        yield Finding("error", text, remedy=remedy)
    if not seen.security & {"apparmor", "selinux"}:
        text = "Neither AppArmor nor SELinux confines containers."
        yield Finding(
            "warning", text, remedy="apt-get install apparmor && systemctl restart docker"
        )


def _judge_limits(seen: EngineFacts) -> Iterator[Finding]:
    for name in seen.weak_limits:
        is_swap = name == "SwapLimit"
        yield Finding(
            "warning" if is_swap else "error",
            f"This kernel does not hold Docker's {name}, so one student can use up the machine.",
            remedy="Boot the kernel with: cgroup_enable=memory swapaccount=1",
        )


def _judge_daemon(seen: EngineFacts) -> Iterator[Finding]:
    if not seen.live_restore:
        yield Finding(
            "warning",
            "A restart of Docker ends every student's server, since live-restore is off.",
            remedy=f'Put "live-restore": true into {DAEMON_FILE}, then: systemctl reload docker',
        )
    if seen.default_runtime == "nvidia":
        yield Finding(
            "warning",
            "Docker's default runtime is nvidia, which may show GPUs to every container.",
            remedy=f'Put "default-runtime": "runc" into {DAEMON_FILE}, then:'
            " systemctl restart docker",
        )
    if seen.port_proxies:
        yield Finding(
            "warning",
            f"{seen.port_proxies} of Docker's own port proxies run; the lab publishes no port.",
            remedy=f'Put "userland-proxy": false into {DAEMON_FILE}, then:'
            " systemctl restart docker",
        )
