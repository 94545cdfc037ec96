"""The desks about the end of a term, put together."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

from crepre_hub.backends.backend import Backend
from crepre_hub.backends.homes import Homes
from crepre_hub.desk.archives import ArchiveDesk
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.purges import PurgeDesk
from crepre_hub.ops.archive_files import ArchiveFolder


@dataclass(frozen=True)
class EndDesks:
    """
    Each is made when it is first asked for.

    Attributes:
        backend: Where servers, homes and the courses' folders are.
        admins: User names of those who may use every course.
    """

    desks: CourseDesks
    backend: Backend
    folder: ArchiveFolder
    admins: Callable[[], Collection[str]]

    @property
    def homes(self) -> Homes:
        """The homes of the lab."""
        return self.backend.homes

    def running(self) -> frozenset[str]:
        """The owners of servers that are there."""
        return frozenset(found.seat.user for found in self.backend.found())

    @cached_property
    def archives(self) -> ArchiveDesk:
        """Makes and lists archives."""
        return ArchiveDesk(
            rosters=self.desks.stores.rosters,
            runs=self.desks.stores.runs,
            store=self.desks.stores.ends,
            homes=self.homes,
            folder=self.folder,
            running=self.running,
            clock=self.desks.clock,
        )

    @cached_property
    def purges(self) -> PurgeDesk:
        """Removes homes."""
        return PurgeDesk(
            people=self.desks.people,
            archives=self.archives,
            store=self.desks.stores.ends,
            backend=self.backend,
            admins=self.admins,
            clock=self.desks.clock,
        )
