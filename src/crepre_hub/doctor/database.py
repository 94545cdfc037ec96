"""The databases of the hub and of the lab: there, whole, writable, up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

import crepre_hub.store.migrations as store_migrations
from crepre_hub.findings import Finding
from crepre_hub.store.migrations import VERSION_TABLE

PATIENCE_SECONDS = 3
START_AGAIN = "crepre down && crepre up --detach"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """
    One database.

    Attributes:
        name: ``hub`` or ``crepre``.
        where: Its address, without a password.
        is_there: False for a file that has not been made yet.
        problem: Why it cannot be used, in the database's own words; empty if it can.
        damage: What SQLite's own check of the file says; empty if it is whole.
        version: Of our tables; None where there are none.
    """

    name: str
    where: str
    is_there: bool = True
    problem: str = ""
    damage: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class DatabasesFacts:
    """
    The databases of a lab.

    Attributes:
        newest: The version that our tables should have.
        is_up: Whether the lab runs, and so has made them.
    """

    each: tuple[DatabaseFacts, ...]
    newest: str
    is_up: bool


def look_at_databases(urls: Mapping[str, str], *, is_up: bool) -> DatabasesFacts:
    """
    Look into each database.

    Args:
        urls: By name, as SQLAlchemy takes them.
        is_up: Whether the lab runs.
    """
    each = tuple(_look(name, url) for name, url in urls.items())
    script = ScriptDirectory(str(Path(store_migrations.__file__).parent))
    return DatabasesFacts(each, script.get_current_head() or "", is_up)


def _look(name: str, url: str) -> DatabaseFacts:
    if url.startswith("sqlite"):
        return _look_at_file(name, Path(make_url(url).database or ""))
    return _look_at_server(name, url)


def _look_at_file(name: str, file: Path) -> DatabaseFacts:
    if not file.exists():
        return DatabaseFacts(name, str(file), is_there=False)
    connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")  # as a writer does, and nothing is written
        try:
            (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            version = _version_in_file(connection)
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return DatabaseFacts(name, str(file), problem=str(error))
    finally:
        connection.close()
    return DatabaseFacts(name, str(file), damage="" if damage == "ok" else damage, version=version)


def _version_in_file(connection: sqlite3.Connection) -> str | None:
    table = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)
    ).fetchone()
    if table is None:
        return None
    # The table's name is a constant of ours.
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    return str(row[0]) if row else None


def _look_at_server(name: str, url: str) -> DatabaseFacts:
    where = make_url(url).render_as_string(hide_password=True)
    engine = create_engine(url, connect_args={"connect_timeout": PATIENCE_SECONDS})
    try:
        with engine.connect() as connection:
            read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            version = context.get_current_revision()
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines() or ["no reason given"]
        return DatabaseFacts(name, where, problem=words[0])
    finally:
        engine.dispose()
    problem = "it takes no writes" if read_only == "on" else ""
    return DatabaseFacts(name, where, problem=problem, version=version)


def judge_databases(seen: DatabasesFacts) -> Iterator[Finding]:
    """Each database by itself."""
    for each in seen.each:
        if each.is_there:
            yield _judge(each, seen.newest)
        elif seen.is_up:
            text = f"The database {each.name} is gone: {each.where}."
            yield Finding("error", text, remedy="Put a backup there, then: " + START_AGAIN)
        else:
            yield Finding("ok", f"The database {each.name} will be made by the first start.")


def _judge(seen: DatabaseFacts, newest: str) -> Finding:
    what = f"The database {seen.name}"
    if seen.problem:
        text = f"{what} cannot be used: {seen.problem} ({seen.where})."
        return Finding("error", text, remedy=_remedy(seen))
    if seen.damage:
        text = f"{what} is damaged: {seen.damage}."
        return Finding("error", text, remedy=f"Put a backup in the place of {seen.where}")
    if seen.name == "crepre" and seen.version != newest:
        text = f"{what} has tables of version {seen.version or 'none'}, not {newest}."
        return Finding("error", text, remedy=START_AGAIN)
    return Finding("ok", f"{what} is whole and can be written.")


def _remedy(seen: DatabaseFacts) -> str:
    if seen.where.startswith("postgresql"):
        url = make_url(seen.where)
        return f"pg_isready -h {url.host} -p {url.port or 5432} -d {url.database}"
    if "locked" in seen.problem:
        return f"Find who holds it: fuser -v {seen.where}"
    return f"See whose it is, and whether its disk is full: ls -l {seen.where}; df {seen.where}"
