"""The Docker backend: from a placement to a DockerSpawner's traits."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from ipaddress import IPv4Network
from pathlib import Path, PurePosixPath

from docker import APIClient

from crepre_hub.backends.backend import CourseFolder, Found, Seat
from crepre_hub.backends.docker.checks import docker_checks
from crepre_hub.backends.docker.container import (
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)
from crepre_hub.backends.docker.engine import client_at, engine_from_environment
from crepre_hub.backends.docker.folders import (
    course_place,
    ensure_folders,
    has_folders,
    look_at_folders,
    put_into,
    remove_folders,
    render_folders,
)
from crepre_hub.backends.docker.found import found_containers, remove_container
from crepre_hub.backends.docker.guard import Guard, ensure_guard
from crepre_hub.backends.docker.guard_rules import Reach
from crepre_hub.backends.docker.guard_state import ensure_seats_guarded, wait_until_in_force
from crepre_hub.backends.docker.homes import VolumeHomes
from crepre_hub.backends.docker.network import ensure_network, seat_network
from crepre_hub.backends.docker.packing import pack, packed_files
from crepre_hub.backends.docker.resolvers import read_resolvers
from crepre_hub.backends.docker.spawner import ConcurrentDockerSpawner
from crepre_hub.courses.folders import VARIABLE
from crepre_hub.errors import BackendError, DockerUnreachable
from crepre_hub.findings import Check
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.names import home_volume, seat_name
from crepre_hub.probes.cgroups import container_of
from crepre_hub.probes.gpu_limits import limit_memory
from crepre_hub.profiles.profile import Placement
from crepre_hub.secret import ensure_secret_file
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings

HOME = "/home/student"


class DockerBackend:
    """One container for each seat, on a network of the lab's own."""

    name = "docker"
    spawner_class = ConcurrentDockerSpawner

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lab = settings.lab.lab.id
        self._docker = settings.lab.docker
        self.engine = engine_from_environment(self._docker.socket)
        self.network = seat_network(self._lab, self._docker.subnet)
        self.hub_host = str(self.network.gateway)
        self._mending = threading.Lock()
        self._making = threading.Lock()
        self._owned: set[str] = set()

    @property
    def guard(self) -> Guard:
        """The firewall between the seats and what they must not reach."""
        reach = Reach(
            internet=self._docker.internet,
            allow=tuple(IPv4Network(address) for address in self._docker.reach),
            deny=tuple(IPv4Network(address) for address in self._docker.deny),
            resolvers=read_resolvers(),
        )
        return Guard(
            image=image_reference("guard"),
            network=self.network,
            reach=reach,
            hub_port=ports_of(self._settings.lab).hub,
        )

    def defaults(self) -> Mapping[str, object]:
        """The engine, the network and its guard, and that no container is used twice."""
        return {
            "engine": self.engine,
            "network_name": self.network.name,
            "cpu_limit": None,  # said once, with all other limits, in the host config
            "remove": True,  # none keeps an old token, limit or environment
            # A function, since traitlets copies what methods belong to.
            "ensure_guarded": lambda client: self.ensure_guarded(client),  # noqa: PLW0108
        }

    def identity(self, seat: Seat) -> Mapping[str, object]:
        """The container's name."""
        key = self._key_of_names
        return {"name_template": seat_name(self._lab, seat.user, seat.server, key=key)}

    @cached_property
    def _key_of_names(self) -> bytes:
        """The lab's own, made where there is none."""
        secrets = self._settings.state / "secrets"
        secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        return ensure_secret_file(secrets / "names").reveal().encode()

    def render(self, placement: Placement, seat: Seat) -> Mapping[str, object]:
        """Traits for ``ConcurrentDockerSpawner``."""
        image = placement.own_image or image_reference(placement.image)
        limits = SeatLimits(
            cpus=placement.cpus,
            memory_bytes=placement.memory,
            processes=self._docker.processes,
        )
        labels = SeatLabels(
            self._lab, seat.user, seat.server, placement.course, placement.profile, placement.gpu
        )
        limited = {"MEM_LIMIT": str(placement.memory), "CPU_LIMIT": str(placement.cpus)}
        place = {VARIABLE: course_place(placement.course)}
        told = {**literal(placement.environment), **limited, **place}
        return {
            "image": image,
            "volumes": {
                home_volume(self._lab, seat.user): HOME,
                **render_folders(self._lab, placement.course, writes_data=placement.writes_data),
            },
            "ensure_folders": lambda client: self.ensure_folders(client, placement.course),
            "notebook_dir": HOME,
            "extra_create_kwargs": render_container(image, labels, told),
            # Not removed by Docker itself: how a container ended must stay readable.
            "extra_host_config": {
                **render_host_config(limits, self.network.name, placement.gpu),
                "auto_remove": False,
            },
            "gpu": placement.gpu.uuid if placement.gpu else "",
            "limit_gpu": partial(_limit, placement.gpu),
        }

    @cached_property
    def homes(self) -> VolumeHomes:
        """Volumes of the engine."""
        return VolumeHomes(lambda: client_at(self.engine), self._lab, image_reference("guard"))

    def found(self) -> Sequence[Found]:
        """The lab's containers."""
        return found_containers(client_at(self.engine), self._lab)

    def server_of(self, pid: int) -> str:
        """By its control groups."""
        return container_of(pid)

    def remove(self, found: Found) -> None:
        """Stop and remove a container."""
        remove_container(client_at(self.engine), found)

    def course_folders(self, course: str) -> Sequence[CourseFolder]:
        """The volumes of *course*."""
        return look_at_folders(client_at(self.engine), self._lab, course)

    def remove_course_folders(self, course: str) -> None:
        """Remove both volumes, unless a container has one."""
        remove_folders(client_at(self.engine), self._lab, course)

    def put(self, course: str, files: Sequence[Path], folder: str, into: PurePosixPath) -> None:
        """Send *files* to the Engine."""
        client = client_at(self.engine)
        self.ensure_folders(client, course)
        packed = pack(packed_files(files, folder, into))
        put_into(client, self._lab, course, self.guard.image, packed)

    def ensure_folders(self, client: APIClient, course: str) -> None:
        """
        Pass only when the volumes of *course* are there and the seats' user's.

        Whose they are is set once by each process, so that a crash in between mends itself.
        """
        if course in self._owned and has_folders(client, self._lab, course):
            return
        with self._making:
            if course not in self._owned or not has_folders(client, self._lab, course):
                ensure_folders(client, self._lab, course, self.guard.image)
                self._owned.add(course)

    def checks(self) -> Sequence[Check]:
        """What the doctor should look at."""
        courses = self._settings.courses
        images = {profile.image for course in courses for profile in course.profiles.values()}
        references = {image: image_reference(image) for image in images}
        return docker_checks(self.engine, self.network, self.guard, references, self._settings)

    def ensure_guarded(self, client: APIClient) -> None:
        """
        Pass only while the guard is in force, mending it first where it is not.

        Its rules follow the machine's name servers, which change when a laptop moves.
        """
        guard = self.guard
        try:
            ensure_seats_guarded(client, guard)
        except DockerUnreachable:
            raise
        except BackendError:
            with self._mending:
                ensure_guard(client, guard)
                wait_until_in_force(client, guard)

    def ensure_ready(self) -> None:
        """The seats' network, and its guard in force."""
        client = client_at(self.engine)
        ensure_network(client, self.network)
        self.ensure_guarded(client)


def _limit(gpu: GivenGpu | None, pid: int) -> None:
    """
    Keep a container to its share of a GPU, where the driver does that.

    Args:
        pid: Of a process in the container, on the host.

    Raises:
        GpuNotGiven: If the driver does not.
    """
    if gpu is not None and gpu.cap is Cap.DRIVER:
        limit_memory(pid, gpu.uuid, gpu.share)


def literal(texts: Mapping[str, str]) -> dict[str, str]:
    """*texts* so that DockerSpawner, which fills in what stands in braces, leaves them alone."""
    doubled = str.maketrans({"{": "{{", "}": "}}"})
    return {name: text.translate(doubled) for name, text in texts.items()}


def image_reference(image: str) -> str:
    """What Docker calls *image*: a folder under ``images/`` or a full reference."""
    return image if set("/:") & set(image) else f"crepre/{image}:latest"
