"""What a user's servers run for, at this moment."""

from __future__ import annotations

from typing import Any


def running_of(user: Any) -> frozenset[str]:
    """The courses that the servers of *user* run for, those that start or stop as well."""
    return frozenset(
        getattr(spawner, "course", "")
        for spawner in user.spawners.values()
        if spawner.active or spawner.orm_spawner.server is not None
    )
