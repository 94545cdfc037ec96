"""What holds for all tests."""

from __future__ import annotations

import gc
import sqlite3

from hypothesis import settings
from sqlalchemy import Engine, event

# Speed is measured in bench/, where a machine that is busy does not make a law look broken.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)  # what `make test` runs
settings.load_profile("quick")

gc.disable()  # while modules are loaded: they stay until the end


@event.listens_for(Engine, "connect")
def _wait_for_no_disk(connection: object, _record: object) -> None:
    """What a test writes has to outlive its hub, but no power cut."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def pytest_collection_finish() -> None:
    """The collector looks at what tests make, and not at all modules again and again."""
    gc.freeze()
    gc.enable()
