"""Removing the homes and folders of a course that is over, with a record of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from crepre_hub.backends.backend import Backend, CourseFolder
from crepre_hub.backends.homes import Home
from crepre_hub.clock import Clock
from crepre_hub.courses.course import Course
from crepre_hub.courses.endings import (
    Claims,
    Place,
    is_due,
    may_purge,
    may_remove,
    may_remove_folders,
    needs_home,
)
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.desk.archives import ArchiveDesk, HomeRow
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.errors import BackendError
from crepre_hub.store.endings import Archive, EndStore, Purge


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """
    One home, and whether it goes.

    Attributes:
        archive: What stands for it once it is gone; None where that is not whole.
    """

    owner: str
    place: Place
    home: Home
    archive: Archive | None
    answer: Decision

    @property
    def goes(self) -> bool:
        """Whether it is to be removed."""
        return isinstance(self.answer, Granted)


@dataclass(frozen=True, slots=True)
class Folders:
    """
    The folders of a course, and whether they go, both or neither.

    Attributes:
        there: Those that have been made.
    """

    there: tuple[CourseFolder, ...]
    answer: Decision

    @property
    def go(self) -> bool:
        """Whether there is something to be removed, and it may be."""
        return bool(self.there) and isinstance(self.answer, Granted)

    @property
    def size_bytes(self) -> int:
        """Of both together."""
        return sum(each.size_bytes or 0 for each in self.there)


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """
    What is to be removed.

    Attributes:
        answer: Whether anything may be; a refusal of the whole says nothing of the rows.
        rows: Every home that is there.
    """

    course: Course
    purge_on: date
    answer: Decision
    rows: tuple[PurgeRow, ...]
    folders: Folders

    @property
    def going(self) -> tuple[PurgeRow, ...]:
        """Those that go."""
        is_refused = isinstance(self.answer, Refused)
        return () if is_refused else tuple(row for row in self.rows if row.goes)

    @property
    def folders_go(self) -> bool:
        """Whether the course's folders go."""
        return self.folders.go and not isinstance(self.answer, Refused)


class PurgeDesk:
    """
    Removes homes, and a course's folders.

    Methods may raise ``BackendError`` and ``StoreUnreachable``. True at every moment: nothing is
    removed of which it is not written down before by whom, when, and which archive stands for a
    home.
    """

    def __init__(
        self,
        *,
        people: PeopleDesk,
        archives: ArchiveDesk,
        store: EndStore,
        backend: Backend,
        admins: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._people = people
        self._archives = archives
        self._store = store
        self._backend = backend
        self._admins = admins
        self._clock = clock

    def purge_day(self, course: Course) -> date:
        """The day that was set; else after the time that homes are kept, from the last day on."""
        if found := self._store.purge_dates().get(course.id):
            return found.purge_on
        now = self._clock()
        if course.switch is not None:
            now = course.switch.at
        elif course.closes is not None:
            far = date.max - course.closes < course.keep_homes  # whoever wants no end writes 9999
            return date.max if far else course.closes + course.keep_homes
        return (now + course.keep_homes).astimezone().date()

    def plan(
        self, course: Course, *, without_archive: bool = False, keep_folders: bool = False
    ) -> PurgePlan:
        """What would be removed; reads every archive to its end, and touches nothing."""
        day = self.purge_day(course)
        answer = may_purge(course, day, today=self._people.today)
        needed, admins = self._needed_elsewhere(course), self._admins()
        rows = tuple(
            self._row(
                row,
                Claims(
                    row.is_running,
                    row.owner in admins,
                    needed.get(row.owner, ()),
                    row.place.kept_until,
                ),
                without_archive=without_archive,
            )
            for row in self._archives.rows(course)
            if row.home is not None
        )
        return PurgePlan(course, day, answer, rows, self._folders(course, keep=keep_folders))

    def _folders(self, course: Course, *, keep: bool) -> Folders:
        users = {each.seat.user for each in self._backend.found() if each.course == course.id}
        return Folders(self._made(course.id), may_remove_folders(users, keep=keep))

    def _row(self, row: HomeRow, claims: Claims, *, without_archive: bool) -> PurgeRow:
        assert row.home is not None, "asked before"
        now = self._clock()
        answer, archive = may_remove(claims, now=now), row.archive
        if isinstance(answer, Granted):
            # Last, since it reads the whole archive.
            trouble = self._archives.trouble(row)
            answer = may_remove(Claims(archive=trouble), now=now, without_archive=without_archive)
            archive = None if trouble else archive
        return PurgeRow(row.owner, row.place, row.home, archive, answer)

    def _needed_elsewhere(self, course: Course) -> dict[str, tuple[str, ...]]:
        """For each person the other courses that need the home."""
        now, days = self._clock(), self._store.purge_dates()
        needed: dict[str, tuple[str, ...]] = {}
        for other in self._people.courses().values():
            if other.id == course.id:
                continue
            day = days[other.id].purge_on if other.id in days else None
            for name, place in self._archives.places(other).items():
                if needs_home(other, place, day, now=now):
                    needed[name] = (*needed.get(name, ()), other.id)
        return needed

    def remove(self, plan: PurgePlan, row: PurgeRow, *, by: str) -> Purge:
        """
        Write down that one home goes, and remove it.

        Raises:
            BackendError: If it has changed since it was planned, or is in use; then it stays.
        """
        archive = row.archive
        if self._backend.homes.look([row.owner]).get(row.owner) != row.home:
            raise BackendError(f"The home of {row.owner} has changed meanwhile.")
        record = Purge(
            course=plan.course.id,
            owner=row.owner,
            at=self._clock(),
            by=by,
            home_bytes=row.home.size_bytes,
            archive=archive.file if archive else "",
            sha256=archive.sha256 if archive else "",
        )
        number = self._store.add_purge(record)
        try:
            self._backend.homes.remove(row.owner)
        except BackendError:
            self._store.withdraw_purge(number)
            raise
        return record

    def remove_folders(self, plan: PurgePlan, *, by: str) -> Purge:
        """
        Write down that the course's folders go, and remove them.

        Raises:
            BackendError: If they could not all be removed; the record stays once one is gone.
        """
        course = plan.course.id
        record = Purge(course, "", self._clock(), by, home_bytes=plan.folders.size_bytes)
        number = self._store.add_purge(record)
        try:
            self._backend.remove_course_folders(course)
        except BackendError:
            if len(self._made(course)) == len(plan.folders.there):
                self._store.withdraw_purge(number)
            raise
        return record

    def _made(self, course: str) -> tuple[CourseFolder, ...]:
        folders = self._backend.course_folders(course)
        return tuple(each for each in folders if each.size_bytes is not None)

    def due(self) -> frozenset[str]:
        """The courses whose day of purge has come, and of which nothing was removed since."""
        last = self._store.last_purges()
        return frozenset(
            course
            for course, day in self._store.purge_dates().items()
            if is_due(day.purge_on, last.get(course), today=self._people.today)
        )

    def record(self, course: Course) -> tuple[Purge, ...]:
        """What was removed of *course*, the oldest first."""
        return self._store.purges_of(course.id)
