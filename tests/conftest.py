"""What holds for all tests."""

from __future__ import annotations

import gc

from hypothesis import settings

# Speed is measured in bench/, where a machine that is busy does not make a law look broken.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)  # what `make test` runs
settings.load_profile("quick")


def pytest_collection_finish() -> None:
    """Modules stay until the end: the collector need not look at them again and again."""
    gc.freeze()
