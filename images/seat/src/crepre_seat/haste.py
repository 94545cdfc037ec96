"""
What is different only until a server answers.

A start makes half a million objects that all stay, so Python's search for garbage among them finds
nothing and takes a twentieth of it. And five times the entry points of every installed package are
read, which are the same each time.
"""

from __future__ import annotations

import gc
import importlib.metadata
from collections.abc import Callable
from typing import Any

RARELY = 100_000
"""New objects between two searches for garbage; Python's own number is 2000."""


class Haste:
    """A server that starts; ``end`` may be called at any time, or never."""

    def __init__(self) -> None:
        """Remember how it was."""
        self._thresholds = gc.get_threshold()
        self._entry_points: Callable[..., Any] = importlib.metadata.entry_points
        self._found: Any = None

    def begin(self) -> None:
        """From now on search rarely, and look once."""
        gc.set_threshold(RARELY)
        importlib.metadata.entry_points = self.entry_points

    def entry_points(self, **wanted: Any) -> Any:
        """As ``importlib.metadata.entry_points``; what was found is remembered until the end."""
        if importlib.metadata.entry_points != self.entry_points:
            return self._entry_points(**wanted)
        self._found = self._found or self._entry_points()
        return self._found.select(**wanted)

    def end(self) -> None:
        """Everything is as it was; what is there now will stay, and is not searched again."""
        importlib.metadata.entry_points = self._entry_points
        self._found = None
        gc.freeze()
        gc.set_threshold(*self._thresholds)


HASTE = Haste()
"""The server's: extensions are found by their names and cannot be handed anything."""
