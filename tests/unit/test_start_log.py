"""The phases of one start, for any number of pages."""

from __future__ import annotations

import asyncio

import pytest

from crepre_hub.backends.backend import PHASES, StartLog


async def names(log: StartLog) -> list[str]:
    """What a page that follows *log* sees."""
    return [phase.name async for phase in log.follow()]


async def test_every_follower_sees_every_phase() -> None:
    """Early, in between and late: all pages show the same story."""
    log = StartLog()
    early = asyncio.create_task(names(log))
    await asyncio.sleep(0)
    log.reach("image")
    await asyncio.sleep(0)
    between = asyncio.create_task(names(log))
    await asyncio.sleep(0)
    log.reach("container")
    log.close()
    seen = [await early, await between, await names(log)]
    assert seen == [["image", "container"]] * 3


async def test_a_phase_is_told_once() -> None:
    """A second word of the same phase does not move the bar back."""
    log = StartLog()
    for name in ("image", "image", "container", "image"):
        log.reach(name)
    log.close()
    assert await names(log) == ["image", "container"]


async def test_a_start_that_fails_at_once_ends_the_story() -> None:
    """No page waits for a start that is over."""
    log = StartLog()
    log.close()
    assert await names(log) == []


async def test_a_follower_waits_while_the_start_goes_on() -> None:
    """Silence is not the end."""
    log = StartLog()
    page = asyncio.create_task(names(log))
    log.reach("image")
    await asyncio.sleep(0.01)
    assert not page.done()
    log.close()
    assert await page == ["image"]


async def test_a_follower_that_goes_away_disturbs_nobody() -> None:
    """A closed tab ends its own story only."""
    log = StartLog()
    gone, stays = asyncio.create_task(names(log)), asyncio.create_task(names(log))
    await asyncio.sleep(0)
    gone.cancel()
    log.reach("image")
    log.close()
    assert await stays == ["image"]


def test_there_is_no_phase_that_the_page_does_not_know() -> None:
    """A misspelt phase is noticed at once."""
    with pytest.raises(StopIteration):
        StartLog().reach("imgae")


def test_the_bar_only_grows() -> None:
    """Phases are in the order of their percentages, and end before 100."""
    percents = [phase.percent for phase in PHASES]
    assert percents == sorted(set(percents))
    assert percents[0] > 0
    assert percents[-1] < 100
