"""The lab's containers as Docker knows them, whatever the hub believes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.container import (
    COURSE_LABEL,
    PROFILE_LABEL,
    SERVER_LABEL,
    USER_LABEL,
)
from crepre_hub.backends.docker.gpu import gpu_of
from crepre_hub.backends.docker.network import LAB_LABEL

REMOVAL_UNDER_WAY = 409

ENDED = ("exited", "dead")
"""States of containers that hold no GPU any more."""

NEVER_RAN = "created"
"""State of a container that holds nothing, and does from the moment that it is started."""


def found_containers(client: APIClient, lab: str) -> tuple[Found, ...]:
    """
    Every seat's container of *lab*, running or not.

    Raises:
        BackendError: If Docker cannot say.
    """
    with errors_as_ours("listing the lab's containers"):
        mine = {"label": [f"{LAB_LABEL}={lab}", USER_LABEL]}
        return tuple(_found(each) for each in client.containers(all=True, filters=mine))


def remove_container(client: APIClient, found: Found) -> None:
    """
    Stop and remove one container; volumes with a name, as homes have, stay.

    Raises:
        BackendError: If Docker could not.
    """
    with errors_as_ours(f"removing the container of {found.seat.user}"):
        try:
            client.stop(found.id, timeout=10)
            client.remove_container(found.id, v=True, force=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != REMOVAL_UNDER_WAY:
                raise


def _found(container: Mapping[str, Any]) -> Found:
    labels = container["Labels"]
    seat = Seat(labels[USER_LABEL], labels.get(SERVER_LABEL, ""))
    since = datetime.fromtimestamp(container["Created"], UTC)
    course, profile = labels.get(COURSE_LABEL, ""), labels.get(PROFILE_LABEL, "")
    gpu = None if container["State"] in ENDED else gpu_of(labels)
    has_run = container["State"] != NEVER_RAN
    return Found(container["Id"], seat, since, course, profile, gpu, has_run)
