"""Starts take turns, and none keeps the others waiting for long."""

from __future__ import annotations

import asyncio

import pytest

from crepre_hub.hub.lane import Lane


async def test_no_more_start_at_a_time_than_there_are_places() -> None:
    """Ten at once in a lane of three: three at a time, until all have had their turn."""
    lane, under_way, most, done = Lane(3), 0, 0, 0

    async def start() -> None:
        nonlocal under_way, most, done
        async with lane.turn():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1
            done += 1

    await asyncio.gather(*(start() for _ in range(10)))
    assert (most, done) == (3, 10)


async def test_turns_come_in_the_order_of_the_clicks() -> None:
    """Who clicked first starts first."""
    lane, order = Lane(1), []

    async def start(number: int) -> None:
        async with lane.turn():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(start(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_a_start_that_hangs_keeps_nobody_waiting_for_long() -> None:
    """After the longest turn its place is given on, once, while it goes on itself."""
    lane = Lane(1, longest=0.01)
    hanging = asyncio.create_task(_forever(lane))
    await asyncio.sleep(0)
    async with asyncio.timeout(1), lane.turn():
        assert not hanging.done()
        late = asyncio.create_task(_forever(lane))
        hanging.cancel()
        await asyncio.wait([hanging])
        assert not lane._free._value, "its place was given on twice"
    late.cancel()
    await asyncio.wait([late])


async def test_a_start_that_fails_gives_its_place_on() -> None:
    """An error leaves the lane as it was."""
    lane = Lane(1)
    with pytest.raises(RuntimeError, match="Docker"):
        async with lane.turn():
            raise RuntimeError("Docker refused")
    async with asyncio.timeout(1), lane.turn():
        pass


async def _forever(lane: Lane) -> None:
    async with lane.turn():
        await asyncio.Event().wait()
