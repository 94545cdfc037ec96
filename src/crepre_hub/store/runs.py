"""When servers ran, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, tuple_, update

from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import sessions
from crepre_hub.usage.sessions import Run

_KEY = (sessions.c.owner, sessions.c.server, sessions.c.started_at)


class RunLog:
    """
    Runs of servers. Each method is one transaction and may raise ``StoreUnreachable``.

    True at every moment: a run, which is an owner, a server and the moment of its start, is
    written once, and once it has ended it stays as it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, run: Run) -> None:
        """Write down that *run* has begun; nothing if that is known."""
        with transaction(self._engine) as connection:
            if not _written(connection, [_key(run)]):
                connection.execute(insert(sessions).values(_values(run, run.seen_at)))

    def keep(self, running: Iterable[Run], *, now: datetime) -> None:
        """
        Write down that *running* are all servers that run at *now*.

        Those that are new are added; those that are gone have ended when they were last seen.
        """
        there = {(run.owner, run.server, run.started_at): run for run in running}
        with transaction(self._engine) as connection:
            open_runs = {key for run in _open(connection) if (key := _key(run))}
            known = open_runs | _written(connection, there.keys() - open_runs)
            new = [_values(run, now) for key, run in there.items() if key not in known]
            if new:
                connection.execute(insert(sessions), new)
            for key in open_runs - there.keys():
                _end(connection, key, sessions.c.seen_at)
            still = sessions.c.stopped_at.is_(None)
            connection.execute(update(sessions).where(still).values(seen_at=now))

    def end(self, owner: str, server: str, *, now: datetime) -> None:
        """The server of *owner* has stopped; nothing where it is not known to run."""
        mine = sessions.c.owner == owner, sessions.c.server == server
        still = sessions.c.stopped_at.is_(None)
        ended = update(sessions).where(*mine, still).values(stopped_at=now, seen_at=now)
        with transaction(self._engine) as connection:
            connection.execute(ended)

    def of(self, owner: str, *, since: datetime) -> tuple[Run, ...]:
        """The runs of *owner* that were not over at *since*, the newest first."""
        mine = sessions.c.owner == owner, sessions.c.seen_at >= since
        with transaction(self._engine) as connection:
            found = select(sessions).where(*mine).order_by(sessions.c.started_at.desc())
            return tuple(map(_run, connection.execute(found)))

    def owners_in(self, course: str) -> frozenset[str]:
        """Whoever has ever run a server of *course*."""
        found = select(sessions.c.owner).where(sessions.c.course == course).distinct()
        with transaction(self._engine) as connection:
            return frozenset(connection.execute(found).scalars())


def _open(connection: Connection) -> Iterable[Run]:
    return map(_run, connection.execute(select(sessions).where(sessions.c.stopped_at.is_(None))))


def _written(
    connection: Connection, keys: Iterable[tuple[str, str, datetime]]
) -> set[tuple[str, str, datetime]]:
    """Those of *keys* that are written down already."""
    found = select(*_KEY).where(tuple_(*_KEY).in_(list(keys)))
    return {(row[0], row[1], row[2]) for row in connection.execute(found)}


def _end(connection: Connection, key: tuple[str, str, datetime], at: Any) -> None:
    same = (column == part for column, part in zip(_KEY, key, strict=True))
    connection.execute(update(sessions).where(*same).values(stopped_at=at))


def _key(run: Run) -> tuple[str, str, datetime]:
    return run.owner, run.server, run.started_at


def _values(run: Run, now: datetime) -> dict[str, object]:
    values = {name: getattr(run, name) for name in Run.__dataclass_fields__}
    return {**values, "seen_at": now, "stopped_at": None}


def _run(row: Row[Any]) -> Run:
    return Run(**{name: getattr(row, name) for name in Run.__dataclass_fields__})
