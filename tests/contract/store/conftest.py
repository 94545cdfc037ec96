"""A database of the lab, empty and up to date: SQLite; PostgreSQL's turn is in ``tests/real``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    """The URL of an empty database."""
    return f"sqlite:///{tmp_path}/lab.sqlite"


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """An engine whose tables are up to date."""
    engine = open_engine(empty_url)
    ensure_schema(engine)
    yield engine
    engine.dispose()
