"""What the tests of the hub alone need from the machine."""

from __future__ import annotations

from tests.labs.browser import browser  # noqa: F401  (pytest finds fixtures here by their names)
from tests.machine.directory import directory  # noqa: F401
from tests.machine.fixtures import chromium, root  # noqa: F401
