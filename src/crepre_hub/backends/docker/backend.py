"""The Docker backend: from a placement to a DockerSpawner's traits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crepre_hub.backends.backend import Seat
from crepre_hub.backends.docker.spawner import ConcurrentDockerSpawner, engine_from_environment
from crepre_hub.findings import Check
from crepre_hub.names import container_name, home_volume
from crepre_hub.profiles.profile import Placement
from crepre_hub.settings.reader import Settings

HOME = "/home/student"


class DockerBackend:
    """One container for each seat, on a network of the lab's own."""

    name = "docker"
    spawner_class = ConcurrentDockerSpawner

    def __init__(self, settings: Settings) -> None:
        self._lab = settings.lab.lab.id
        self._docker = settings.lab.docker
        self.engine = engine_from_environment(self._docker.socket)
        self.hub_host = str(self._docker.subnet[1])

    def defaults(self) -> Mapping[str, object]:
        """The engine, the network, and that no container is used twice."""
        return {
            "engine": self.engine,
            "network_name": f"{self._lab}-seats",
            "remove": True,  # none keeps an old token, limit or environment
        }

    def identity(self, seat: Seat) -> Mapping[str, object]:
        """The container's name."""
        return {"name_template": container_name(self._lab, seat.user, seat.server)}

    def render(self, placement: Placement, seat: Seat) -> Mapping[str, object]:
        """Traits for ``ConcurrentDockerSpawner``."""
        return {
            "image": image_reference(placement.image),
            "volumes": {home_volume(self._lab, seat.user): HOME},
            "notebook_dir": HOME,
            "mem_limit": placement.memory,
            "cpu_limit": placement.cpus,
            "extra_create_kwargs": {"labels": self._labels(placement, seat)},
            "extra_host_config": {"auto_remove": False},  # its end must stay readable
        }

    def _labels(self, placement: Placement, seat: Seat) -> dict[str, Any]:
        return {
            "crepre.lab": self._lab,
            "crepre.user": seat.user,
            "crepre.server": seat.server,
            "crepre.course": placement.course,
            "crepre.profile": placement.profile,
        }

    def checks(self) -> Sequence[Check]:
        """What the doctor should look at."""
        return ()

    def ensure_ready(self) -> None:
        """The seats' network and its guard."""


def image_reference(image: str) -> str:
    """What Docker calls *image*: a folder under ``images/`` or a full reference."""
    return image if set("/:") & set(image) else f"crepre/{image}:latest"
