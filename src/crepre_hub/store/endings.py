"""Archives of homes, dates of purge, and the record of homes that were removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Select, delete, insert, select

from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import archives, purge_dates, purges


@dataclass(frozen=True, slots=True)
class Archive:
    """
    One home as it was, in a file.

    Attributes:
        file: Below the folder of archives; unique.
        remarks: How many things were said of single files, 20 for more.
        began_at: Before the first byte was read.
        id: Given when it is written down; 0 before.
    """

    course: str
    owner: str
    file: str
    size_bytes: int
    sha256: str
    remarks: int
    began_at: datetime
    by: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Purge:
    """
    A home that was removed, or the folders of a course.

    Attributes:
        owner: Empty for what was the course's own.
        archive: The file that was held against *sha256* first; empty where there was none.
    """

    course: str
    owner: str
    at: datetime
    by: str
    home_bytes: int
    archive: str = ""
    sha256: str = ""

    @property
    def is_of_folders(self) -> bool:
        """Whether the course's own folders were removed, and nobody's home."""
        return not self.owner


@dataclass(frozen=True, slots=True)
class PurgeDate:
    """The first day on which the homes of a course may be removed."""

    course: str
    purge_on: date
    set_at: datetime
    by: str = ""


_ARCHIVE, _PURGE, _DATE = (
    [table.c[name] for name in kind.__dataclass_fields__]
    for table, kind in ((archives, Archive), (purges, Purge), (purge_dates, PurgeDate))
)


class EndStore:
    """
    What is left of terms; each method is one transaction and may raise ``StoreUnreachable``.

    True at every moment: the record of a home that was removed is there, and is never changed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def purge_dates(self) -> Mapping[str, PurgeDate]:
        """By course."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(*_DATE))
            return {row.course: PurgeDate(*row) for row in rows}

    def put_purge_date(self, wanted: PurgeDate) -> None:
        """In the place of an earlier one."""
        values = {name: getattr(wanted, name) for name in PurgeDate.__dataclass_fields__}
        with transaction(self._engine) as connection:
            same = purge_dates.c.course == wanted.course
            connection.execute(delete(purge_dates).where(same))
            connection.execute(insert(purge_dates).values(values))

    def archives_of_course(self, course: str) -> tuple[Archive, ...]:
        """The oldest first."""
        return self._archives(select(*_ARCHIVE).where(archives.c.course == course))

    def archives_of_owner(self, owner: str) -> tuple[Archive, ...]:
        """The oldest first."""
        return self._archives(select(*_ARCHIVE).where(archives.c.owner == owner))

    def _archives(self, found: Select[Any]) -> tuple[Archive, ...]:
        with transaction(self._engine) as connection:
            ordered = found.order_by(archives.c.began_at, archives.c.id)
            return tuple(Archive(*row) for row in connection.execute(ordered))

    def add_archive(self, archive: Archive) -> None:
        """Write it down; its file is there already."""
        values = {name: getattr(archive, name) for name in Archive.__dataclass_fields__}
        del values["id"]
        with transaction(self._engine) as connection:
            connection.execute(insert(archives).values(values))

    def forget_archives(self, files: Iterable[str]) -> None:
        """Those that newer ones have replaced."""
        with transaction(self._engine) as connection:
            connection.execute(delete(archives).where(archives.c.file.in_(list(files))))

    def last_purges(self) -> Mapping[str, datetime]:
        """When a home was last removed, by course."""
        last = select(purges.c.course, purges.c.at).order_by(purges.c.at)
        with transaction(self._engine) as connection:
            return {row.course: row.at for row in connection.execute(last)}

    def purges_of(self, course: str) -> tuple[Purge, ...]:
        """The oldest first."""
        found = select(*_PURGE).where(purges.c.course == course)
        with transaction(self._engine) as connection:
            ordered = found.order_by(purges.c.at, purges.c.id)
            return tuple(Purge(*row) for row in connection.execute(ordered))

    def add_purge(self, purge: Purge) -> int:
        """Write down that a home is about to be removed; the number of the record."""
        values = {name: getattr(purge, name) for name in Purge.__dataclass_fields__}
        with transaction(self._engine) as connection:
            added = connection.execute(insert(purges).values(values).returning(purges.c.id))
            return int(added.scalar_one())

    def withdraw_purge(self, number: int) -> None:
        """Take back a record whose home could not be removed."""
        with transaction(self._engine) as connection:
            connection.execute(delete(purges).where(purges.c.id == number))
