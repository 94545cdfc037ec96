"""What a user's servers run for, at this moment."""

from __future__ import annotations

from typing import Any

from crepre_hub.courses.room import Failure


def running_of(user: Any) -> frozenset[str]:
    """The courses that the servers of *user* run for, those that start or stop as well."""
    return frozenset(
        getattr(spawner, "course", "")
        for spawner in user.spawners.values()
        if spawner.active or spawner.orm_spawner.server is not None
    )


def doing(spawner: Any) -> str:
    """``starting``, ``stopping``, ``running``, or empty."""
    words = {"spawn": "starting", "stop": "stopping", "check": "starting"}
    return words.get(spawner.pending or "", "running" if spawner.ready else "")


def failures(users: Any) -> dict[str, Failure]:
    """Why the last starts failed, by user name; of *users* whom this hub has in memory."""
    spawners = {user.name: user.spawners.get("") for user in users.values()}
    return {
        name: spawner.failure
        for name, spawner in spawners.items()
        if spawner is not None and not spawner.active and getattr(spawner, "failure", None)
    }
