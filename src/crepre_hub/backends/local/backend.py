"""The local backend: from a placement to a process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from crepre_hub.backends.backend import CourseFolder, Found, Seat
from crepre_hub.backends.local.checks import local_checks
from crepre_hub.backends.local.folders import (
    course_place,
    ensure_folders,
    look_at_folders,
    put_into,
    remove_folders,
)
from crepre_hub.backends.local.found import (
    MARK,
    OFFER,
    end_process,
    found_processes,
    gpu_environment,
    server_of_process,
)
from crepre_hub.backends.local.homes import FolderHomes
from crepre_hub.backends.local.ports import ServerPorts, server_ports
from crepre_hub.backends.local.spawner import LastingLocalSpawner, runs_as_root
from crepre_hub.courses.folders import VARIABLE
from crepre_hub.errors import BackendError
from crepre_hub.findings import Check
from crepre_hub.gpu.defaults import framework_defaults
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.names import home_volume
from crepre_hub.profiles.profile import Placement
from crepre_hub.settings.reader import Settings


class LocalBackend:
    """One process for each seat. Nobody is kept from anybody: loopback and trying out only."""

    name = "local"
    spawner_class = LastingLocalSpawner
    hub_host = "127.0.0.1"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lab = settings.lab.lab.id
        self._state = settings.state

    def defaults(self) -> Mapping[str, object]:
        """Loopback only."""
        return {"ip": "127.0.0.1"}

    def identity(self, seat: Seat) -> Mapping[str, object]:
        """Nothing: a process is known by its number, which is saved."""
        return {}

    def render(self, placement: Placement, seat: Seat) -> Mapping[str, object]:
        """Traits for ``LastingLocalSpawner``."""
        programs = self._state / "stack" / placement.image / "bin"
        home = self._folder_of(seat.user)
        whole = f"{seat.user}/{seat.server}" if seat.server else seat.user
        name = home_volume(self._lab, whole)
        return {
            "cmd": [str(programs / "crepre-seat")],
            "args": ["--allow-root"] if runs_as_root() else [],
            "home_dir": str(home),
            "notebook_dir": str(home),
            "log_file": str(self._state / "log" / "servers" / f"{name}.log"),
            "environment": {
                **_share_of(placement.gpu),
                **placement.environment,
                **gpu_environment(placement.gpu),
                "PATH": f"{programs}:{os.defpath}",
                "PIP_USER": "1",  # to the home; the environment is everybody's
                MARK: str(self._state),
                OFFER: f"{placement.course}/{placement.profile}",
                VARIABLE: str(course_place(self._state, placement.course)),
            },
            "make_folders": lambda: ensure_folders(self._state, placement.course),
            "end_leftovers": lambda: self._end_servers_of(seat),
            "free_port": self._ports.free,
        }

    @cached_property
    def _ports(self) -> ServerPorts:
        return server_ports()

    @cached_property
    def homes(self) -> FolderHomes:
        """Folders below the lab's own."""
        return FolderHomes(self._folder_of, self._has_server)

    def _folder_of(self, user: str) -> Path:
        return self._state / "homes" / home_volume(self._lab, user)

    def _has_server(self, user: str) -> bool:
        return any(found.seat.user == user for found in self.found())

    def found(self) -> Sequence[Found]:
        """The lab's server processes."""
        return found_processes(self._state)

    def server_of(self, pid: int) -> str:
        """By the variables that a server hands on to what it starts."""
        return server_of_process(pid, self._state)

    def remove(self, found: Found) -> None:
        """End a process."""
        end_process(found)

    def course_folders(self, course: str) -> Sequence[CourseFolder]:
        """Folders below the lab's own files."""
        return look_at_folders(self._state, course)

    def put(self, course: str, files: Sequence[Path], folder: str, into: PurePosixPath) -> None:
        """Copy *files*."""
        put_into(self._state, course, files, folder, into)

    def remove_course_folders(self, course: str) -> None:
        """Remove both folders, unless a server of *course* runs."""
        users = sorted({found.seat.user for found in self.found() if found.course == course})
        if users:
            raise BackendError(f"A server of {', '.join(users)} uses the folders of {course}.")
        remove_folders(self._state, course)

    def _end_servers_of(self, seat: Seat) -> None:
        for found in self.found():
            if found.seat == seat:
                self.remove(found)

    def checks(self) -> Sequence[Check]:
        """What the doctor should look at."""
        return local_checks(self._settings)

    def ensure_ready(self) -> None:
        """Nothing is needed before the first start."""


def _share_of(gpu: GivenGpu | None) -> dict[str, str]:
    """What frameworks are told: nothing else keeps a process of this machine to its share."""
    if gpu is None or gpu.cap is Cap.NONE:
        return {}
    return framework_defaults(replace(gpu, cap=Cap.COOPERATIVE))
