"""
How many servers start at a time.

When a class clicks at once, starts that share the machine's cores all end together, at the very
end. A few at a time they end evenly and the last no later: most of the class waits half as long.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST_TURN_SECONDS = 5.0
"""A start that takes longer, say since Docker hangs, goes on, but keeps nobody waiting any more."""

LONGEST_WAIT_SECONDS = 3600
"""For a turn; it does not count as a start that takes long."""


class Lane:
    """
    Turns for starts, first come first served.

    True at every moment:

    - at most *places* starts are in their turn;
    - no turn lasts longer than *longest* seconds, however long the start does.
    """

    def __init__(self, places: int, longest: float = LONGEST_TURN_SECONDS) -> None:
        self._free = asyncio.Semaphore(places)
        self._longest = longest

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place; it is given on at the end, or when the turn has been long enough."""
        await self._free.acquire()
        turn = _Turn(self._free)
        end = asyncio.get_running_loop().call_later(self._longest, turn.end)
        try:
            yield
        finally:
            end.cancel()
            turn.end()


class _Turn:
    """A place that is given on once, whoever says so first."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free

    def end(self) -> None:
        free, self._free = self._free, None
        if free is not None:
            free.release()


def places_here() -> int:
    """Enough to keep each core busy while some starts wait for Docker; never fewer than two."""
    return max(2, math.ceil(1.5 * (os.cpu_count() or 1)))
