"""The one module that knows all sides: it puts settings, rules and a backend together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from crepre_hub.backends.backend import Backend, backend_named
from crepre_hub.clock import utc_now
from crepre_hub.desk.course_page import CoursePageDesk
from crepre_hub.desk.joining import JoinDesk
from crepre_hub.desk.launch import LaunchDesk
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.desk.rosters import RosterDesk
from crepre_hub.desk.visits import VisitDesk
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.live import LiveCourses
from crepre_hub.settings.reader import Settings
from crepre_hub.store.engine import open_engine
from crepre_hub.store.entries import EntryLog
from crepre_hub.store.join_links import JoinLinkStore
from crepre_hub.store.migrations import ensure_schema
from crepre_hub.store.rosters import RosterStore

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
    def roster_store(self) -> RosterStore:
        """Enrolments and the people they are of."""
        return RosterStore(self.engine)

    @cached_property
    def people(self) -> PeopleDesk:
        """Answers who is what in which course."""
        return PeopleDesk(self.courses, self.roster_store)

    @cached_property
    def rosters(self) -> RosterDesk:
        """Changes who is in a course."""
        return RosterDesk(self.courses, self.roster_store)

    @cached_property
    def course_page(self) -> CoursePageDesk:
        """What the staff of a course see."""
        return CoursePageDesk(self.people)

    @cached_property
    def joining(self) -> JoinDesk:
        """Join links."""
        return JoinDesk(self.people, JoinLinkStore(self.engine), self.roster_store, utc_now)

    @cached_property
    def visits(self) -> VisitDesk:
        """Who may enter somebody else's server, and who has."""
        return VisitDesk(self.people, EntryLog(self.engine), utc_now)

    @cached_property
    def launch_desk(self) -> LaunchDesk:
        """Answers what is on offer and what may start."""
        return LaunchDesk(self.people, self.visits, self.backend)

    @property
    def templates(self) -> Path:
        """Pages that replace or extend JupyterHub's."""
        return Path(__file__).parent / "hub" / "templates"


def database_url(settings: Settings, name: str) -> str:
    """Where *name* (``hub`` or ``crepre``) keeps its tables; one database on PostgreSQL."""
    url = settings.lab.database.url
    if url == "sqlite":
        return f"sqlite:///{settings.state / name}.sqlite"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def wire_for_hub() -> Wiring:
    """The lab that this process was started for; a broken file does not keep the hub down."""
    root = Path(os.environ.get(ROOT_VARIABLE, ".")).resolve()
    images = tuple(folder.name for folder in image_folders())
    settings = settings_or_last_good(root)
    backend = os.environ.get(BACKEND_VARIABLE) or settings.lab.servers.backend
    return Wiring(settings, images, backend)
