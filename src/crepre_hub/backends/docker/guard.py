"""The container that keeps the guard's rules in the kernel: make it, ask it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from docker import APIClient
from docker.errors import NotFound

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.guard_rules import HUB_PORT, Reach, Rules, render_rules
from crepre_hub.backends.docker.network import LAB_LABEL, SeatNetwork
from crepre_hub.errors import ImageMissing

RULES_LABEL = "crepre.guard"

MEMORY_BYTES = 256 * 1024**2
"""nft reads every rule of the host before it adds ours; with a hundred tables that was 67 MB."""


@dataclass(frozen=True, slots=True)
class Guard:
    """
    A guard as it should be.

    Attributes:
        image: The guard image, built from ``images/guard``; a new one replaces the container.
        network: The seats it is between.
        reach: What the seats may reach.
        hub_port: The hub API's port on the network's gateway.
    """

    image: str
    network: SeatNetwork
    reach: Reach = field(default_factory=Reach)
    hub_port: int = HUB_PORT

    @property
    def name(self) -> str:
        """Docker's name for the container."""
        return f"{self.network.lab}-guard"

    @property
    def rules(self) -> Rules:
        """The texts it keeps in the kernel."""
        return render_rules(self.network, self.reach, self.hub_port)


def render_guard(guard: Guard) -> dict[str, Any]:
    """Arguments for ``APIClient.create_container``, without ``name`` and ``host_config``."""
    return {
        "image": guard.image,
        "command": ["run"],
        "environment": _environment(guard.rules),
        "labels": {LAB_LABEL: guard.network.lab, RULES_LABEL: rules_digest(guard)},
    }


def rules_digest(guard: Guard) -> str:
    """Changes when a rule does; the container carries it as a label."""
    texts = "\0".join(_environment(guard.rules).values())
    return hashlib.sha256(texts.encode()).hexdigest()


def _environment(rules: Rules) -> dict[str, str]:
    return {
        "GUARD_TABLE": rules.table,
        "GUARD_RULES": rules.inet,
        "GUARD_BY_BRIDGE": rules.by_bridge,
        "GUARD_BY_ADDRESS": rules.by_address,
    }


def render_guard_host_config() -> dict[str, Any]:
    """
    Arguments for ``APIClient.create_host_config``: the host's network, and one capability.

    ``userns_mode``: an Engine with remapped users refuses the host's network otherwise.
    """
    return {
        "network_mode": "host",
        "userns_mode": "host",
        "cap_drop": ["ALL"],
        "cap_add": ["NET_ADMIN"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": {"/run": "rw,noexec,nosuid,nodev,size=1m,mode=0700"},
        "restart_policy": {"Name": "unless-stopped"},
        "pids_limit": 64,
        "mem_limit": MEMORY_BYTES,
        "memswap_limit": MEMORY_BYTES,
        "init": True,
        "log_config": {"Type": "local", "Config": {"max-size": "1m", "max-file": "2"}},
    }


def ensure_guard(client: APIClient, guard: Guard) -> None:
    """
    See that a guard with the wanted rules and image runs; may be repeated.

    A guard with other rules is replaced: stopping it leaves its rules in the kernel, and the new
    one takes their place in one transaction, so seats that run meanwhile are never open. Whether
    the kernel took the rules is known a moment later: ``wait_until_in_force``.

    Raises:
        BackendError: If the image is missing or Docker refuses.
        DockerUnreachable: If the Engine does not answer.
    """
    with errors_as_ours("starting the guard"):
        image = _image_id(client, guard)
        there = inspect_or_none(client, guard.name)
        if there is None or not _is_as_wanted(there, guard, image):
            _replace(client, guard)
        elif not there["State"]["Running"]:
            client.start(guard.name)


def _is_as_wanted(there: dict[str, Any], guard: Guard, image: str) -> bool:
    labels = there["Config"]["Labels"] or {}
    return bool(there["Image"] == image and labels.get(RULES_LABEL) == rules_digest(guard))


def _image_id(client: APIClient, guard: Guard) -> str:
    try:
        image: dict[str, Any] = client.inspect_image(guard.image)
    except NotFound as error:
        raise ImageMissing(
            f"The guard's image {guard.image} is not on this machine.",
            remedy="Build it with `crepre image build guard`.",
        ) from error
    return str(image["Id"])


def _replace(client: APIClient, guard: Guard) -> None:
    following = f"{guard.name}-next"
    _remove(client, following)
    host_config = client.create_host_config(**render_guard_host_config())
    client.create_container(name=following, host_config=host_config, **render_guard(guard))
    _remove(client, guard.name)
    client.rename(following, guard.name)
    client.start(guard.name)


def _remove(client: APIClient, name: str) -> None:
    try:
        client.remove_container(name, force=True)
    except NotFound:
        return


def inspect_or_none(client: APIClient, name: str) -> dict[str, Any] | None:
    """What Docker knows of the container *name*."""
    try:
        found: dict[str, Any] = client.inspect_container(name)
    except NotFound:
        return None
    return found
