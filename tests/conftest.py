"""What holds for all tests."""

from __future__ import annotations

import gc

from hypothesis import settings

# Speed is measured in bench/, where a machine that is busy does not make a law look broken.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Modules stay until the end: the collector need not look at them again and again."""
    gc.freeze()
