"""The one module that knows all sides: it puts settings, rules and a backend together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from crepre_hub.backends.backend import Backend, backend_named
from crepre_hub.clock import lab_zone
from crepre_hub.courses.course import Course
from crepre_hub.courses.identity import Identity
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.end_desks import EndDesks
from crepre_hub.desk.launch import LaunchDesk
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.park import Park
from crepre_hub.doctor.lab_checks import lab_checks
from crepre_hub.doctor.run import Examined, examine
from crepre_hub.gpu.given import Cap, cap_for
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.login.way import Way
from crepre_hub.login.ways import ways_of
from crepre_hub.ops.archive_files import ArchiveFolder
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.probes.gpu_caps import DriverLimits
from crepre_hub.probes.gpu_use import sample_of
from crepre_hub.probes.gpus import GpuInventory, look_at_gpus
from crepre_hub.settings.database import database_url, database_urls
from crepre_hub.settings.gpu_problems import share_problems
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.live import LiveCourses
from crepre_hub.settings.own_images import LiveOwnImages
from crepre_hub.settings.problems import Problem
from crepre_hub.settings.reader import Settings
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.course_stores import CourseStores
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.migrations import ensure_schema

ROOT_VARIABLE = "CREPRE_ROOT"
BACKEND_VARIABLE = "CREPRE_BACKEND"
"""Set by ``crepre up`` for the processes that it starts."""


@dataclass(frozen=True)
class Wiring:
    """
    The parts of a running lab, each made when it is first asked for.

    Attributes:
        settings: As read when the process began.
        images: Names of the image folders.
        backend_name: Decided once, by ``crepre up``: a hub that restarts while Docker is away
            must not go on with another backend.
    """

    settings: Settings
    images: tuple[str, ...]
    backend_name: str

    @cached_property
    def courses(self) -> LiveCourses:
        """The course files, looked at again when they change."""
        return LiveCourses(self.settings.root, images=self.images)

    @cached_property
    def own_images(self) -> LiveOwnImages:
        """What courses have on top of their images; built while the lab runs."""
        return LiveOwnImages(self.settings.root)

    @cached_property
    def backend(self) -> Backend:
        """Where servers run."""
        return backend_named(self.backend_name, self.settings)

    @cached_property
    def engine(self) -> Engine:
        """The lab's database, its tables up to date."""
        engine = open_engine(database_url(self.settings, "crepre"))
        ensure_schema(engine)
        return engine

    @cached_property
    def ends(self) -> EndDesks:
        """Archives of homes, and their removal."""
        return end_desks(self.desks, self.settings, self.backend)

    @cached_property
    def desks(self) -> CourseDesks:
        """Who is in which course, and what changes it."""
        return CourseDesks(self.courses, CourseStores.on(self.engine))

    @cached_property
    def launch_desk(self) -> LaunchDesk:
        """Answers what is on offer and what may start."""
        desks = self.desks
        images = self.own_images.references
        return LaunchDesk(desks.people, desks.visits, self.backend, images, self.lending)

    @cached_property
    def park(self) -> Park:
        """The GPUs of this machine, and how they are lent."""
        return park_of(self.settings)

    @cached_property
    def lending(self) -> LendingDesk:
        """Lends GPUs."""
        return LendingDesk(GpuBookStore(self.engine), self.park)

    def outdated_images(self, courses: Iterable[Course]) -> tuple[Problem, ...]:
        """Courses whose own files ask for more than servers have; of those in containers alone."""
        if self.backend_name != "docker":
            return ()
        return self.own_images.problems(courses, self.images)

    def share_problems(self, courses: Iterable[Course]) -> tuple[Problem, ...]:
        """Profiles that ask for more than any GPU has which the lab is known to have."""
        return tuple(share_problems(courses, self.lending.known_gpus))

    def examine(self) -> tuple[Examined, ...]:
        """All that the doctor finds; takes seconds."""
        return tuple(examine(lab_checks(self.settings.root, database_urls)))

    @cached_property
    def ways_in(self) -> tuple[Way, ...]:
        """The ways to log in beside the lab's own accounts."""
        return ways_of(self.settings.lab, root=self.settings.root, environ=os.environ)

    def on_login(self, identity: Identity) -> None:
        """Let the courses know who has logged in, before the person is in."""
        self.desks.people.welcome(identity)

    @property
    def templates(self) -> Path:
        """Pages that replace or extend JupyterHub's."""
        return Path(__file__).parent / "hub" / "templates"


def end_desks(desks: CourseDesks, settings: Settings, backend: Backend) -> EndDesks:
    """The desks about the end of a term, for the hub and for the command line."""
    return EndDesks(
        desks,
        backend=backend,
        folder=ArchiveFolder(settings.state / "archives"),
        admins=lambda: admins_of(desks, settings),
    )


def admins_of(desks: CourseDesks, settings: Settings) -> frozenset[str]:
    """Who is an admin by ``lab.toml`` or by the account."""
    accounts = AccountStore(desks.stores.engine).all_accounts()
    own = (account.name for account in accounts if account.is_admin)
    return frozenset({*own, *settings.lab.login.admins})


def park_of(settings: Settings) -> Park:
    """The GPUs of this machine, for the hub and for the command line."""
    section = settings.lab.gpus
    rules = section.rules(lab_zone())
    limits = DriverLimits(section)

    def look() -> GpuInventory:
        seen = look_at_gpus(section)
        limits.try_out(seen.gpus)  # here, where no start waits for the driver
        return seen

    def cap(gpu: Gpu, share: int) -> Cap:
        limits.try_out((gpu,))  # again only if a server starts before the first look
        return cap_for(gpu, share, section.cap, limits)

    return Park(
        rules=lambda: rules,
        look=look,
        cap=cap,
        lease=lambda: section.lease,
        sample=lambda uuids: sample_of(section, uuids),
        patience=section.patience,
    )


def wire_for_hub() -> Wiring:
    """The lab that this process was started for; a broken file does not keep the hub down."""
    root = Path(os.environ.get(ROOT_VARIABLE, ".")).resolve()
    images = tuple(folder.name for folder in image_folders())
    settings = settings_or_last_good(root)
    backend = os.environ.get(BACKEND_VARIABLE) or settings.lab.servers.backend
    return Wiring(settings, images, backend)
