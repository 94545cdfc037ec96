"""The tables come from the migrations, once, whoever asks and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    DateTime,
    Engine,
    column,
    create_engine,
    insert,
    inspect,
    table,
    text,
)

from crepre_hub.errors import SettingsError, StoreUnreachable
from crepre_hub.store import migrations
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.engine import BUSY_TIMEOUT_MS, open_engine, transaction, tune_sqlite
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.migrations import VERSION_TABLE, ensure_schema
from crepre_hub.store.tables import metadata

NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001  (as the database has it, in UTC)
TEXTS = ("person", "course", "profile", "gpu")
OLD_USAGE = table(
    "crepre_gpu_usage",
    *map(column, (*TEXTS, "lease", "why", "share", "waited")),
    column("lesson", Boolean),
    column("start", DateTime),
    column("end", DateTime),
)
"""As it was before lessons were measured."""


def test_the_migrations_make_the_tables_that_the_code_uses(engine: Engine) -> None:
    """Between the last migration and the tables in Python there is no difference."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_every_table_bears_the_labs_prefix(engine: Engine) -> None:
    """The lab's tables can live beside JupyterHub's, whose version table is another."""
    assert {name.startswith("crepre_") for name in inspect(engine).get_table_names()} == {True}
    assert VERSION_TABLE in inspect(engine).get_table_names()


def test_an_upgrade_may_be_repeated(engine: Engine) -> None:
    """A second upgrade finds nothing to do and loses nothing."""
    AccountStore(engine).add("ada")
    ensure_schema(engine)
    assert [account.name for account in AccountStore(engine).all_accounts()] == ["ada"]


def test_upgrades_at_the_same_moment_do_not_break_each_other(empty_url: str) -> None:
    """However many begin at once, each ends with the tables there."""

    def upgrade(_: int) -> None:
        engine = open_engine(empty_url)
        ensure_schema(engine)
        AccountStore(engine).all_accounts()
        engine.dispose()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(upgrade, range(6))) == [None] * 6


def test_a_database_from_the_future_is_left_alone(engine: Engine) -> None:
    """What a newer version has written is neither used nor changed, and the remedy is told."""
    with transaction(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreUnreachable, match="newer crepre-hub"):
        ensure_schema(engine)
    with transaction(engine) as connection:
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    assert version == "9999"


def test_leases_from_before_are_wholly_their_lessons(engine: Engine) -> None:
    """What was used of GPUs before lessons were measured counts as it did; nothing else does."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with transaction(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        same = dict.fromkeys(TEXTS, "x") | {"why": "time-is-up", "share": 1.0, "waited": 0.0}
        same |= {"start": NOON, "end": NOON + timedelta(minutes=90)}
        rows = [
            {**same, "lease": name, "lesson": lesson}
            for name, lesson in (("in-lesson", True), ("own", False))
        ]
        connection.execute(insert(OLD_USAGE), rows)
    ensure_schema(engine)
    used = GpuBookStore(engine).used_since(NOON.replace(tzinfo=UTC))
    assert {each.lease: each.lesson_seconds for each in used} == {"in-lesson": 5400, "own": 0}


def test_every_sqlite_connection_has_its_pragmas(tmp_path: Path) -> None:
    """Also on an engine that somebody else made, and asked for twice."""
    engine = create_engine(f"sqlite:///{tmp_path}/hub.sqlite")
    tune_sqlite(engine)
    tune_sqlite(engine)
    with engine.connect() as connection:

        def pragma(name: str) -> object:
            return connection.execute(text(f"PRAGMA {name}")).scalar()

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 1  # NORMAL
        assert pragma("busy_timeout") == BUSY_TIMEOUT_MS
        assert pragma("foreign_keys") == 1
    engine.dispose()


@pytest.mark.parametrize("url", ["", "lab.sqlite", "nosuchdatabase://x/y"])
def test_a_url_of_no_database_is_a_settings_error(url: str) -> None:
    """It is told with the two forms that can be used."""
    with pytest.raises(SettingsError, match="sqlite:///"):
        open_engine(url)


def test_a_database_that_cannot_be_opened_is_unreachable(tmp_path: Path) -> None:
    """The library's own error does not get past the adapter."""
    (tmp_path / "lab.sqlite").mkdir()
    with pytest.raises(StoreUnreachable):
        ensure_schema(open_engine(f"sqlite:///{tmp_path}/lab.sqlite"))


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    """All or nothing."""
    AccountStore(engine).add("ada")
    with pytest.raises(StoreUnreachable), transaction(engine) as connection:  # noqa: PT012
        connection.execute(text("DELETE FROM crepre_accounts"))
        connection.execute(text("SELECT * FROM no_such_table"))
    assert len(AccountStore(engine).all_accounts()) == 1
