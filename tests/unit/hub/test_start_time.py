"""How long a start may take, from its turn on."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest
from traitlets.config import LoggingConfigurable

from crepre_hub.errors import StartTimedOut
from crepre_hub.hub import spawning
from crepre_hub.hub.lane import Lane
from crepre_hub.hub.spawning import SeatMixin

LIMIT_SECONDS = 0.02


class Seat(LoggingConfigurable):
    """A server that takes its time."""

    takes = 0.0

    async def start(self) -> str:
        await asyncio.sleep(self.takes)
        return "http://127.0.0.1:1"


class StartingSeat(SeatMixin, Seat):
    """Whose server answers at once when it is there."""

    start_log = None

    async def _until_it_answers(self, url: str) -> None:
        assert url == "http://127.0.0.1:1"


async def _starts(*, waits: float, takes: float) -> str:
    """A start behind another one, in a lane of one place."""
    lane, begun = Lane(1), asyncio.Event()

    async def other() -> None:
        async with lane.turn():
            begun.set()
            await asyncio.sleep(waits)

    before = asyncio.create_task(other())
    await begun.wait()
    seat = StartingSeat(lane=lambda: lane, start_seconds=1)
    seat.takes = takes
    with patch.object(spawning, "CLEAN_UP_SECONDS", 1 - LIMIT_SECONDS):
        address = str(await seat._start_and_wait())
    await before
    return address


async def test_waiting_for_the_others_is_no_part_of_a_start() -> None:
    """The last of a class that clicks at once has as long as the first."""
    assert await _starts(waits=3 * LIMIT_SECONDS, takes=0) == "http://127.0.0.1:1"


async def test_a_start_that_takes_too_long_is_ended() -> None:
    """With a sentence of its own."""
    with pytest.raises(StartTimedOut):
        await _starts(waits=0, takes=60)
