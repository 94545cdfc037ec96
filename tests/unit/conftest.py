"""Unit tests: values in, values out."""

from __future__ import annotations

import pytest

from tests.closed_doors import closed_doors  # noqa: F401  (pytest finds it here by its name)


@pytest.fixture(autouse=True)
def _values_only(closed_doors: None) -> None:  # noqa: F811  (that is how a fixture is asked for)
    """Each unit test runs behind closed doors."""
