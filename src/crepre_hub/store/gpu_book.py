"""The lease book and what was used of GPUs, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, case, delete, insert, select, true, tuple_, update

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.events import LeaseEnded
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.gpu.usage import Usage, Used
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import gpu_book, gpu_entries, gpu_usage

AT_ONCE = 500
"""Rows in one statement: SQLite takes 32766 parameters."""

KINDS: Mapping[str, TypeAdapter[Any]] = {
    "gpus": TypeAdapter(Gpu),
    "leases": TypeAdapter(Lease),
    "claims": TypeAdapter(Claim),
    "reservations": TypeAdapter(Reservation),
    "usage": TypeAdapter(Usage),
}
"""What is in a book, by the name of its field; each is a mapping by id."""

Key = tuple[str, str]


class GpuBookStore:
    """
    The one book of the lab; each method may raise ``StoreUnreachable``.

    True at every moment: a book is written only over the version that it was made from, all of
    it or nothing, and together with what the leases that ended in it used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> int:
        """Tells whether anything has changed."""
        with transaction(self._engine) as connection:
            return int(connection.execute(select(gpu_book.c.version)).scalar_one())

    def read(self, known: Book) -> Book:
        """
        The book as it is now.

        Args:
            known: Any book that was read or written before; ``Book(rules)`` at first. Only what
                has changed since then is looked at in full.
        """
        if self.version() == known.version:
            return known
        new = case((gpu_entries.c.version > known.version, gpu_entries.c.content))
        everything = select(gpu_book.c.version, gpu_entries.c.kind, gpu_entries.c.id, new)
        with transaction(self._engine) as connection:  # one statement sees one moment
            rows = connection.execute(
                everything.select_from(gpu_book.outerjoin(gpu_entries, true()))
            ).all()
        found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        for _, kind, name, content in rows:
            if content is not None:
                found[kind][name] = KINDS[kind].validate_json(content)
            elif kind is not None:
                found[kind][name] = getattr(known, kind)[name]
        gpus, leases, claims, reservations, usage = (found[kind] for kind in KINDS)
        version = rows[0][0]
        return Book(known.rules, gpus, leases, claims, reservations, usage, version)

    def write(self, before: Book, change: Change) -> bool:
        """
        Put what *change* made of *before* in its place.

        Returns:
            False where somebody else has written since *before* was read; nothing is changed.
        """
        mine = (
            update(gpu_book)
            .where(gpu_book.c.version == before.version)
            .values(version=change.book.version)
        )
        with transaction(self._engine) as connection:
            if not connection.execute(mine).rowcount:
                return False
            _write_entries(connection, before, change.book)
            used = [_usage_row(e.used) for e in change.events if isinstance(e, LeaseEnded)]
            if used:
                connection.execute(insert(gpu_usage), used)
        return True

    def used_by(self, person: str, course: str, *, since: datetime) -> tuple[Used, ...]:
        """The leases of *person* in *course* that ended after *since*, the newest first."""
        mine = (gpu_usage.c.person == person, gpu_usage.c.course == course)
        return self._used(*mine, gpu_usage.c.end > since)

    def last_of(self, person: str) -> Used | None:
        """The last lease of *person* that is over."""
        return next(iter(self._used(gpu_usage.c.person == person, at_most=1)), None)

    def used_since(self, since: datetime) -> tuple[Used, ...]:
        """Everybody's leases that ended after *since*, the newest first."""
        return self._used(gpu_usage.c.end > since)

    def _used(self, *conditions: Any, at_most: int | None = None) -> tuple[Used, ...]:
        wanted = select(gpu_usage).where(*conditions).order_by(gpu_usage.c.end.desc())
        with transaction(self._engine) as connection:
            return tuple(map(_used, connection.execute(wanted.limit(at_most))))


def _write_entries(connection: Connection, before: Book, after: Book) -> None:
    """Only what is not the same object as before was changed: books share the rest."""
    changed = [*_differences(before, after)]
    gone = [*_differences(after, before, only_new=True)]
    for some in _in_parts([key for key, _ in (*changed, *gone)]):
        ours = tuple_(gpu_entries.c.kind, gpu_entries.c.id).in_(some)
        connection.execute(delete(gpu_entries).where(ours))
    rows = [
        {
            "kind": kind,
            "id": name,
            "version": after.version,
            "content": KINDS[kind].dump_json(value).decode(),
        }
        for (kind, name), value in changed
    ]
    if rows:
        connection.execute(insert(gpu_entries), rows)


def _differences(old: Book, new: Book, *, only_new: bool = False) -> Iterator[tuple[Key, Any]]:
    """What *new* has and *old* has not; unless *only_new*, also what is another value there."""
    for kind in KINDS:
        known, values = getattr(old, kind), getattr(new, kind)
        for name, value in values.items():
            if name not in known or (not only_new and known[name] is not value):
                yield (kind, name), value


def _in_parts(keys: list[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _usage_row(used: Used) -> dict[str, Any]:
    fields: Iterable[str] = Used.__dataclass_fields__
    return {name: getattr(used, name) for name in fields} | {"why": used.why.value}


def _used(row: Row[Any]) -> Used:
    return Used(**{**row._mapping, "why": Why(row.why)})  # noqa: SLF001  (SQLAlchemy's public name)
