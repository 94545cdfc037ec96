"""Contract tests: one suite over every implementation that is there without a machine's parts."""

from __future__ import annotations

import pytest

from tests.closed_doors import closed_doors  # noqa: F401  (pytest finds it here by its name)
from tests.contract.course_desks import clock, desks  # noqa: F401


@pytest.fixture(autouse=True)
def _values_only(closed_doors: None) -> None:  # noqa: F811  (that is how a fixture is asked for)
    """Each contract test runs behind closed doors."""
