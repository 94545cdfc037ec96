"""Each kind of database that a lab may have, empty and up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from crepre_hub.store.engine import open_engine, transaction
from crepre_hub.store.migrations import ensure_schema
from tests.machine.fixtures import postgresql_folder  # noqa: F401  (found here by its name)
from tests.machine.postgresql import postgres_url  # noqa: F401


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lab.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with transaction(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """An engine whose tables are up to date."""
    engine = open_engine(empty_url)
    ensure_schema(engine)
    yield engine
    engine.dispose()
