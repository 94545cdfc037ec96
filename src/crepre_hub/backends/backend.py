"""
What crepre-hub asks of a place that runs servers.

A new one fills in the blanks of ``Backend`` and gets an entry point in the group
``crepre.backends``; nothing else names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from crepre_hub.backends.homes import Homes
from crepre_hub.errors import BackendError
from crepre_hub.findings import Check
from crepre_hub.gpu.given import GivenGpu
from crepre_hub.profiles.profile import Placement
from crepre_hub.sentences import say
from crepre_hub.settings.reader import Settings

if TYPE_CHECKING:  # JupyterHub takes longer than most commands, and they need its name alone
    from jupyterhub.spawner import Spawner


@dataclass(frozen=True, slots=True)
class Seat:
    """
    Whose server it is, and which.

    Attributes:
        user: Login name.
        server: Empty for the default server.
    """

    user: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """
    A server that is there, whether or not the hub knows of it.

    Attributes:
        id: Names it for ever, as no other: the next server of the same seat has another one.
        since: When it was made.
        course: Id of the course that it runs for.
        profile: Id of the profile within the course.
        gpu: What it was given when it was made, which nothing changes; None where it holds none,
            or has ended.
        has_run: False for one that was made, and not started yet.
    """

    id: str
    seat: Seat
    since: datetime
    course: str = ""
    profile: str = ""
    gpu: GivenGpu | None = None
    has_run: bool = True


@dataclass(frozen=True, slots=True)
class CourseFolder:
    """
    One folder of a course, as an admin finds it.

    Attributes:
        name: ``data`` or ``shared``.
        place: Where it is, in the backend's words.
        size_bytes: None while it has not been made.
    """

    name: str
    place: str
    size_bytes: int | None


class Backend(Protocol):
    """
    These are all the blanks there are.

    Attributes:
        name: The word in ``lab.toml``.
        spawner_class: An upstream Spawner, mended where it has to be; see ``Startable``.
        hub_host: Address at which servers reach the hub's API.
    """

    name: str
    spawner_class: type[Spawner]
    hub_host: str

    @property
    def homes(self) -> Homes:
        """What is done with homes beside serving them."""
        ...

    def defaults(self) -> Mapping[str, object]:
        """Traits of ``spawner_class`` that are the same for every server."""
        ...

    def identity(self, seat: Seat) -> Mapping[str, object]:
        """Traits that say which server is *seat*'s, also one that an earlier hub started."""
        ...

    def render(self, placement: Placement, seat: Seat) -> Mapping[str, object]:
        """Traits of ``spawner_class`` for this server; touches nothing."""
        ...

    def found(self) -> Sequence[Found]:
        """
        Every server of this lab that is there, whatever state it is in; may take a while.

        Raises:
            BackendError: If it cannot be said, not even in part.
        """
        ...

    def server_of(self, pid: int) -> str:
        """
        Id, as in ``Found``, of the server that a process of this machine belongs to.

        Empty for a process of no server. What is in a container that is no server's has an id that
        nothing has which was found.
        """
        ...

    def remove(self, found: Found) -> None:
        """
        End a server for good; homes are kept. May be repeated, and may take a while.

        Raises:
            BackendError: If it is still there.
        """
        ...

    def course_folders(self, course: str) -> Sequence[CourseFolder]:
        """
        The folders of *course*, each with its size; may take a while.

        Raises:
            BackendError: If it cannot be said.
        """
        ...

    def put(self, course: str, files: Sequence[Path], folder: str, into: PurePosixPath) -> None:
        """
        Copy *files*, and all in them, to below *into* in a folder of *course*; may take a while.

        Raises:
            BackendError: If it could not be done; some of the files may be there.
        """
        ...

    def remove_course_folders(self, course: str) -> None:
        """
        End the folders of *course* for good, with all in them; may be repeated.

        Raises:
            BackendError: If one is still there. Where something uses either, neither has gone.
        """
        ...

    def checks(self) -> Sequence[Check]:
        """What ``crepre doctor`` should look at."""
        ...

    def ensure_ready(self) -> None:
        """Make what servers need before the first start, such as a network; may be repeated."""
        ...


def backend_named(name: str, settings: Settings) -> Backend:
    """
    The backend that ``lab.toml`` calls *name*.

    Raises:
        BackendError: If no installed package provides it.
    """
    point = _installed().get(name)
    if point is None:
        raise BackendError(f"There is no backend {name!r}.", remedy="See: crepre docs settings")
    backend: Backend = point.load()(settings)
    return backend


@cache
def _installed() -> Mapping[str, EntryPoint]:
    """Backends by their names, looked for once: all installed packages are read for that."""
    return {point.name: point for point in reversed(entry_points(group="crepre.backends"))}


@dataclass(frozen=True, slots=True)
class Phase:
    """
    A step of a start that a student sees.

    Attributes:
        percent: How far the bar goes, out of 100.
    """

    name: str
    text: str
    percent: int


PHASES = (
    Phase("image", say("Looking for the course's software"), 10),
    Phase("container", say("Making your own space"), 30),
    Phase("server", say("Starting JupyterLab"), 55),
    Phase("ready", say("Opening it"), 95),
)


class StartLog:
    """The phases of one start as they are reached; any number of pages may follow it."""

    def __init__(self) -> None:
        self._reached: list[Phase] = []
        self._news = asyncio.Event()
        self._over = False

    def reach(self, name: str) -> None:
        """Note that the phase called *name* begins."""
        phase = next(phase for phase in PHASES if phase.name == name)
        if phase not in self._reached:
            self._reached.append(phase)
            self._tell()

    def close(self) -> None:
        """Note that the start is over, well or not."""
        self._over = True
        self._tell()

    async def follow(self) -> AsyncIterator[Phase]:
        """Every phase from the first on; ends when the start is over."""
        told = 0
        while True:
            news = self._news
            for phase in self._reached[told:]:
                yield phase
            told = len(self._reached)
            if self._over:
                return
            await news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
