"""Who opened whose server, as kept in the lab's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select

from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import entries


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One entry of somebody into a server that is not their own.

    Attributes:
        server: Name of the server; empty for the default one.
        visitor: Who came in.
        course: The course that the server ran for; empty if that is not known.
        visitor_role: What the visitor was there: ``teacher``, ``assistant`` or ``admin``.
    """

    owner: str
    server: str
    visitor: str
    course: str
    visitor_role: str
    at: datetime


class EntryLog:
    """Entries, written and never changed; each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, entry: Entry) -> None:
        """Write *entry* down."""
        values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        with transaction(self._engine) as connection:
            connection.execute(insert(entries).values(values))

    def latest(self, owner: str, *, at_most: int) -> tuple[Entry, ...]:
        """Who came into the servers of *owner*, the newest first."""
        columns = [entries.c[name] for name in Entry.__dataclass_fields__]
        mine = select(*columns).where(entries.c.owner == owner)
        newest = mine.order_by(entries.c.at.desc(), entries.c.id.desc()).limit(at_most)
        with transaction(self._engine) as connection:
            return tuple(Entry(*row) for row in connection.execute(newest))
