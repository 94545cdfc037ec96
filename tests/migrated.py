"""Databases whose tables are up to date, without going through their history each time."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema

SQLITE = "sqlite:///"


def open_migrated(url: str) -> Engine:
    """An engine on the empty database at *url*, which has its tables; in SQLite as a copy."""
    if url.startswith(SQLITE):
        ensure_migrated(Path(url.removeprefix(SQLITE)))
        return open_engine(url)
    engine = open_engine(url)
    ensure_schema(engine)
    return engine


def ensure_migrated(file: Path) -> None:
    """Make SQLite's *file* with all tables, if there is none."""
    if not file.exists():
        file.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """SQLite's file after all migrations."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lab.sqlite"
        engine = open_engine(f"{SQLITE}{file}")
        ensure_schema(engine)
        engine.dispose()  # what is in its log goes into the file
        return file.read_bytes()
