"""All checks of one lab, in the order in which they make sense."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from crepre_hub.backends.backend import Backend, backend_named
from crepre_hub.backends.docker.engine import engine_from_environment
from crepre_hub.doctor.clock import judge_clock, look_at_clock
from crepre_hub.doctor.database import judge_databases, look_at_databases
from crepre_hub.doctor.disk import disk_facts, judge_disk
from crepre_hub.doctor.files import (
    judge_course_files,
    judge_lab_file,
    look_at_course_files,
    look_at_lab_file,
    settings_in_use,
)
from crepre_hub.doctor.gpu_processes import judge_processes, look_at_processes
from crepre_hub.doctor.gpus import judge_caps, judge_gpus, look_at_caps, look_at_wishes
from crepre_hub.doctor.memory import judge_memory, look_at_memory
from crepre_hub.doctor.ports import judge_ports, look_at_ports
from crepre_hub.doctor.programs import (
    ProgramFacts,
    judge_lab,
    judge_programs,
    look_at_programs,
    supervisor_number,
)
from crepre_hub.doctor.purge_dates import judge_purge_dates, look_at_purge_dates
from crepre_hub.doctor.web import (
    judge_hub,
    judge_proxy,
    judge_url,
    look_at_hub,
    look_at_proxy,
    look_at_url,
)
from crepre_hub.findings import Check, FactCheck
from crepre_hub.login.checks import way_checks
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.ops.processes import is_up
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings

MAKE_ROOM = "See what takes it: du -xh --max-depth 2 var | sort -h | tail"

DatabaseUrls = Callable[[Settings], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Subject:
    """
    The lab that is looked at.

    Attributes:
        programs: Asked once, when it is first needed.
        databases: Their URLs, by name.
        supervisor: Its process; 0 while the lab is down.
    """

    settings: Settings
    backend: Backend
    programs: Callable[[], ProgramFacts]
    databases: Mapping[str, str]
    supervisor: int

    @property
    def course_ids(self) -> tuple[str, ...]:
        """The courses that there are."""
        return tuple(course.id for course in self.settings.courses)


def lab_checks(root: Path, database_urls: DatabaseUrls) -> Sequence[Check]:
    """
    Every check of the lab below *root*.

    Args:
        root: The folder that holds ``lab.toml``.
        database_urls: Which databases a lab with given settings has.
    """
    state = root / "var"
    is_running = is_up(state)
    lab = look_at_lab_file(root, is_up=is_running)
    courses = look_at_course_files(root, [folder.name for folder in image_folders()])
    settings = settings_in_use(root, lab, courses)
    backend = backend_named(backend_to_examine(settings, is_running=is_running), settings)
    programs = cache(partial(look_at_programs, state))
    supervisor = supervisor_number(state) if is_running else 0
    subject = Subject(settings, backend, programs, database_urls(settings), supervisor)
    return (
        FactCheck("settings", "lab.toml can be used", lambda: lab, judge_lab_file),
        FactCheck(
            "courses",
            "Each course file can be used",
            lambda: courses,
            judge_course_files,
            ("settings",),
        ),
        FactCheck("lab", "The lab is up", programs, judge_lab, ("settings",)),
        *_machine_checks(subject),
        *_gpu_checks(subject),
        *backend.checks(),
        *way_checks(settings.lab, root=root, environ=os.environ),
        *_service_checks(subject),
    )


def backend_to_examine(settings: Settings, *, is_running: bool) -> str:
    """
    The backend of the lab that runs, else the one that it would start with.

    A Docker Engine that does not answer counts as there: the doctor is to say that it is silent.
    """
    file = settings.state / "supervisord.conf"
    if is_running and file.exists():
        found = re.search(r'CREPRE_BACKEND="(\w+)"', file.read_text())
        if found:
            return found[1]
    if settings.lab.servers.backend != "auto":
        return settings.lab.servers.backend
    engine = engine_from_environment(settings.lab.docker.socket)
    is_there = not engine.startswith("unix://") or Path(engine.removeprefix("unix://")).exists()
    return "docker" if is_there else "local"


def _machine_checks(subject: Subject) -> Sequence[Check]:
    settings, ports = subject.settings, ports_of(subject.settings.lab)
    needs = ("settings",)
    return (
        FactCheck(
            "ports",
            "The lab's ports are its own",
            lambda: look_at_ports(ports, subject.supervisor),
            judge_ports,
            needs,
        ),
        FactCheck(
            "disk",
            "The lab's own files have room",
            partial(disk_facts, settings.state),
            partial(judge_disk, remedy=MAKE_ROOM),
            needs,
        ),
        FactCheck(
            "memory",
            "A class fits into the memory",
            partial(look_at_memory, settings.courses),
            judge_memory,
            ("settings", "courses"),
        ),
        FactCheck(
            "clock",
            "The clock is right",
            partial(look_at_clock, settings.state, settings.lab.lab.url),
            judge_clock,
        ),
    )


def _gpu_checks(subject: Subject) -> Sequence[Check]:
    settings = subject.settings
    return (
        FactCheck(
            "gpus",
            "The GPUs that courses ask for are there",
            partial(look_at_wishes, settings),
            judge_gpus,
            ("settings", "courses"),
        ),
        FactCheck(
            "gpu-shares",
            "Nobody gets more of a GPU than their share",
            partial(look_at_caps, settings, subject.backend.name),
            judge_caps,
            ("gpus",),
        ),
        FactCheck(
            "gpu-use",
            "Nothing but the lab's servers uses its GPUs",
            partial(look_at_processes, settings, subject.backend, subject.databases["crepre"]),
            judge_processes,
            ("settings", "courses"),  # also while one of the GPUs is missing
        ),
    )


def _service_checks(subject: Subject) -> Sequence[Check]:
    settings, ports = subject.settings, ports_of(subject.settings.lab)
    state, up = settings.state, ("lab",)
    return (
        FactCheck("programs", "Each program runs", subject.programs, judge_programs, up),
        FactCheck(
            "database",
            "The databases can be read and written",
            lambda: look_at_databases(subject.databases, is_up=bool(subject.programs().states)),
            judge_databases,
            ("settings",),
        ),
        FactCheck(
            "purge-dates",
            "No home of a course that is over waits to be removed",
            partial(look_at_purge_dates, subject.databases["crepre"], subject.course_ids),
            judge_purge_dates,
            ("database", "courses"),
        ),
        FactCheck(
            "proxy",
            "The proxy answers the hub",
            partial(look_at_proxy, ports, state),
            judge_proxy,
            up,
        ),
        FactCheck(
            "hub",
            "The hub answers",
            partial(look_at_hub, ports, subject.backend.hub_host),
            judge_hub,
            up,
        ),
        FactCheck(
            "url",
            "People reach the lab",
            partial(look_at_url, settings.lab.lab.url, ports, state),
            judge_url,
            ("lab", "hub"),
        ),
    )
