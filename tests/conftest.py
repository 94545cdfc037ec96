"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Speed is measured in bench/, where a machine that is busy does not make a law look broken.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
