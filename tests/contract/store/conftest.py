"""A database of the lab, empty and up to date: SQLite; PostgreSQL's turn is in ``tests/real``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.migrated import open_migrated


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    """The URL of an empty database."""
    return f"sqlite:///{tmp_path}/lab.sqlite"


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """An engine whose tables are up to date."""
    engine = open_migrated(empty_url)
    yield engine
    engine.dispose()
