"""A lab's guard, taken away with the rules that it has left in the kernel."""

from __future__ import annotations

import contextlib

from docker import APIClient
from docker.errors import NotFound

from crepre_hub.backends.docker.guard import Guard, render_guard, render_guard_host_config


def remove_guard(client: APIClient, guard: Guard) -> None:
    """Take away the guard and its rules; fails where the rules could not be removed."""
    _remove(client, guard.name)
    _remove(client, f"{guard.name}-next")
    wanted = render_guard(guard) | {"command": ["clear"]}
    settings = render_guard_host_config() | {"restart_policy": {"Name": "no"}}
    host_config = client.create_host_config(**settings)
    made = client.create_container(name=f"{guard.name}-clear", host_config=host_config, **wanted)
    try:
        client.start(made["Id"])
        code = client.wait(made["Id"])["StatusCode"]
        words = client.logs(made["Id"]).decode(errors="replace").strip()
    finally:
        _remove(client, made["Id"])
    assert code == 0, f"The guard's rules were not removed: {words}"


def _remove(client: APIClient, name: str) -> None:
    with contextlib.suppress(NotFound):
        client.remove_container(name, force=True)
