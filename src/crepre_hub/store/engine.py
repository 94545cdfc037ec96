"""Opens the lab's database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crepre_hub.errors import SettingsError, StoreUnreachable
from crepre_hub.sentences import say

BUSY_TIMEOUT_MS = 5000
"""How long a writer waits for another process (the command line, the hub) to finish."""

PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",  # first, so that the next line waits as well
    "PRAGMA journal_mode=WAL",  # readers and one writer do not block each other
    "PRAGMA synchronous=NORMAL",  # safe in WAL mode: https://www.sqlite.org/wal.html#fast
    "PRAGMA foreign_keys=ON",
)


def open_engine(url: str) -> Engine:
    """
    An engine for *url*; nothing is connected before it is used.

    Raises:
        SettingsError: If *url* is not a database URL that can be used here.
    """
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (ArgumentError, ImportError) as error:
        raise SettingsError(
            "The database URL cannot be used.",
            remedy="Write sqlite:///file or postgresql+psycopg://user:password@host/name.",
        ) from error
    tune_sqlite(engine)
    return engine


def tune_sqlite(target: Engine | type[Engine]) -> None:
    """
    Give each new SQLite connection of *target* its pragmas, and letters beyond ASCII a small form.

    Other databases are left as they are. ``tune_sqlite(Engine)`` reaches every engine of the
    process, the hub's own included; it may be repeated.
    """
    if not event.contains(target, "connect", _set_pragmas):
        event.listen(target, "connect", _set_pragmas)


def _set_pragmas(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            _execute_in_turn(cursor, pragma)
        cursor.close()
        connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: object) -> str | None:
    """
    SQLite's own knows the letters of English alone.

    Source: https://www.sqlite.org/lang_corefunc.html#lower
    """
    return None if text is None else str(text).lower()


def _execute_in_turn(cursor: sqlite3.Cursor, pragma: str) -> None:
    """
    Execute *pragma*, waiting for others ourselves.

    Two processes that switch one new database to WAL at the same moment are not made to wait by
    the busy timeout: one of them fails at once.
    Source: https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
    """
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute(pragma)
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """
    One transaction on *engine*, all or nothing.

    Raises:
        StoreUnreachable: If the database does not answer, is locked, full or read-only.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise  # a rule of the tables said no; the caller knows which
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnreachable(
            say("The lab's database does not answer."),
            remedy=say("Wait a minute, then try again."),
        ) from error
