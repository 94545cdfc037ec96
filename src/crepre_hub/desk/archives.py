"""Archives of the homes of a course: planned, made, listed for their owners."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crepre_hub.backends.homes import SUFFIX, Home, Homes
from crepre_hub.clock import Clock
from crepre_hub.courses.course import Course
from crepre_hub.courses.endings import Place, everybody
from crepre_hub.names import archive_stem
from crepre_hub.ops.archive_files import ArchiveFolder, Written
from crepre_hub.store.endings import Archive, EndStore, PurgeDate
from crepre_hub.store.rosters import RosterStore
from crepre_hub.store.runs import RunLog


@dataclass(frozen=True, slots=True)
class HomeRow:
    """
    One member's home.

    Attributes:
        home: None where there is none.
        archive: The newest that is there.
        is_running: Whether a server of the owner runs.
    """

    owner: str
    place: Place
    home: Home | None
    archive: Archive | None
    is_running: bool

    @property
    def is_archived(self) -> bool:
        """Whether the archive holds all that is in the home."""
        if self.home is None or self.archive is None:
            return False
        return self.home.changed_at < self.archive.began_at


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """
    What is to be archived.

    Attributes:
        purge_on: From this day on the homes may be removed.
        free_bytes: Room for archives.
    """

    course: Course
    rows: tuple[HomeRow, ...]
    purge_on: date
    free_bytes: int

    @property
    def wanted(self) -> tuple[HomeRow, ...]:
        """Those that have no archive, or have changed since."""
        return tuple(row for row in self.rows if row.home is not None and not row.is_archived)

    @property
    def size_bytes(self) -> int:
        """The most that the wanted archives may take."""
        return sum(row.home.size_bytes for row in self.wanted if row.home is not None)


class ArchiveDesk:
    """
    Makes archives; methods may raise ``BackendError``, ``DiskFull`` and ``StoreUnreachable``.

    True at every moment: an archive that stands in the database is whole and on the disk, until
    somebody removes it from there; one that a removed home relied on is never replaced.
    """

    def __init__(
        self,
        *,
        rosters: RosterStore,
        runs: RunLog,
        store: EndStore,
        homes: Homes,
        folder: ArchiveFolder,
        running: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._rosters = rosters
        self._runs = runs
        self._store = store
        self._homes = homes
        self.folder = folder
        self._running = running
        self._clock = clock

    # --- what there is

    def places(self, course: Course) -> Mapping[str, Place]:
        """Everybody who is or was in *course*, guests of an open one as well."""
        enrolments = self._rosters.roster(course.id).enrolments
        keys_of = {person.name: person.keys for person in self._rosters.all_people()}
        guests = self._runs.owners_in(course.id)
        return everybody(course, enrolments, keys_of, guests, now=self._clock())

    def rows(self, course: Course) -> tuple[HomeRow, ...]:
        """The homes of everybody who is or was in *course*."""
        places = self.places(course)
        homes = self._homes.look(places)
        running = self._running()
        archives = {each.owner: each for each in self.archives(course)}
        return tuple(
            HomeRow(name, place, homes.get(name), archives.get(name), name in running)
            for name, place in places.items()
        )

    def archives(self, course: Course) -> tuple[Archive, ...]:
        """Archives of *course* whose files are there, the oldest first."""
        return self._there(self._store.archives_of_course(course.id))

    def archives_of(self, owner: str) -> tuple[Archive, ...]:
        """The archives that *owner* may download, the newest first."""
        return self._there(self._store.archives_of_owner(owner))[::-1]

    def _there(self, archives: Iterable[Archive]) -> tuple[Archive, ...]:
        size = self.folder.size_or_none
        return tuple(each for each in archives if size(each.file) == each.size_bytes)

    def purge_dates(self) -> Mapping[str, PurgeDate]:
        """From which day on the homes of a course may be removed; by course."""
        return self._store.purge_dates()

    # --- making them

    def plan(self, course: Course, *, purge_on: date | None = None) -> ArchivePlan:
        """
        What is to be archived; touches nothing.

        Args:
            purge_on: None for the day that was set before, else after the time that the course
                keeps homes.
        """
        before = self._store.purge_dates().get(course.id)
        default = (self._clock() + course.keep_homes).astimezone().date()
        day = purge_on or (before.purge_on if before else default)
        return ArchivePlan(course, self.rows(course), day, self.folder.free_bytes())

    def ensure_room(self, plan: ArchivePlan) -> None:
        """Raise ``DiskFull`` where the archives may not fit."""
        self.folder.ensure_room(plan.size_bytes, f"The homes of {plan.course.id}")

    def set_purge_date(self, plan: ArchivePlan, *, by: str) -> None:
        """Write the date of purge down; may be repeated."""
        before = self._store.purge_dates().get(plan.course.id)
        if before is None or before.purge_on != plan.purge_on:
            wanted = PurgeDate(plan.course.id, plan.purge_on, self._clock(), by)
            self._store.put_purge_date(wanted)

    def make(self, plan: ArchivePlan, row: HomeRow, *, by: str) -> tuple[Archive, Sequence[str]]:
        """
        Archive one home; an older archive of it goes once the new one is there.

        Returns:
            The archive, and what was said of single files.
        """
        assert row.home is not None, "planned"
        self.folder.ensure_room(row.home.size_bytes, f"The home of {row.owner}")
        began = self._clock()
        name = f"{plan.course.id}/{archive_stem(row.owner, f'{began:%Y%m%dT%H%M%SZ}')}{SUFFIX}"
        packing = self._homes.pack(row.owner)
        try:
            written = self.folder.write(name, packing)
        finally:
            packing.close()
        archive = Archive(
            course=plan.course.id,
            owner=row.owner,
            file=name,
            size_bytes=written.size_bytes,
            sha256=written.sha256,
            remarks=len(packing.notes),
            began_at=began,
            by=by,
        )
        self._store.add_archive(archive)
        self._forget_older(archive)
        return archive, packing.notes

    def _forget_older(self, new: Archive) -> None:
        """Those of the same home, but for what removed homes relied on."""
        relied = {purge.archive for purge in self._store.purges_of(new.course)}
        mine = (e for e in self._store.archives_of_course(new.course) if e.owner == new.owner)
        older = [each.file for each in mine if each.file not in {new.file, *relied}]
        self._store.forget_archives(older)
        for file in older:
            self.folder.remove(file)

    def write_lists(self, plan: ArchivePlan) -> None:
        """The checksums and the manifest, from what the database says."""
        roles = {row.owner: row.place.role for row in plan.rows}
        archives = self.archives(plan.course)
        without = [row.owner for row in plan.rows if row.home is None]
        self.folder.write_lists(
            plan.course.id,
            {
                "course": plan.course.id,
                "title": plan.course.title,
                "written_at": self._clock(),
                "homes_kept_until": plan.purge_on,
                "homes": [_listed(each, roles.get(each.owner, "")) for each in archives],
                "without_home": without,
            },
        )

    def trouble(self, row: HomeRow) -> str:
        """Why the archive of *row* cannot stand for its home, read to its end; else empty."""
        if row.archive is None:
            return "it has no archive"
        if not row.is_archived:
            return "it has changed since its archive"
        written = Written(row.archive.size_bytes, row.archive.sha256)
        return self.folder.trouble(row.archive.file, written)


def _listed(archive: Archive, role: str) -> dict[str, object]:
    return {
        "owner": archive.owner,
        "role": role,
        "file": archive.file,
        "size_bytes": archive.size_bytes,
        "sha256": archive.sha256,
        "archived_at": archive.began_at,
        "remarks": archive.remarks,
        "by": archive.by,
    }
