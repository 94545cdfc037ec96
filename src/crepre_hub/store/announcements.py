"""Announcements, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from crepre_hub.courses.announcements import Announcement
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import announcements


class AnnouncementStore:
    """Announcements; records in, records out; each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, announcement: Announcement) -> None:
        """Keep one."""
        names = Announcement.__dataclass_fields__
        values = {name: getattr(announcement, name) for name in names}
        with transaction(self._engine) as connection:
            connection.execute(insert(announcements).values(values))

    def counting(self, courses: Collection[str], *, now: datetime) -> tuple[Announcement, ...]:
        """Those of *courses* that are shown at *now*, the newest first."""
        table = announcements.c
        found = select(announcements).where(table.course.in_(courses), table.until > now)
        with transaction(self._engine) as connection:
            ordered = found.order_by(table.created_at.desc(), table.id)
            return tuple(map(_announcement, connection.execute(ordered)))

    def take_back(self, course: str, announcement_id: str, *, now: datetime) -> bool:
        """Show one no more; whether there was one to take back."""
        mine = (announcements.c.course == course, announcements.c.id == announcement_id)
        with transaction(self._engine) as connection:
            ended = update(announcements).where(*mine, announcements.c.until > now)
            return bool(connection.execute(ended.values(until=now)).rowcount)


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
