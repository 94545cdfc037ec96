"""F4, I7: the page that waits for a start goes on by itself, whatever restarts under it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.faults.hub_process import kill_hub, until
from tests.faults.invariants import all_is_well
from tests.labs.browser import Visitor
from tests.labs.docker_faults import FaultyDocker, Rule
from tests.labs.lab import Lab

START = r"/containers/[^/]+/start"
AWAY_SECONDS = 10


@asynccontextmanager
async def waiting(
    browser: Browser, lab: Lab, faults: FaultyDocker, name: str, rule: Rule
) -> AsyncIterator[Visitor]:
    """Somebody on the pending page, whose start has come to *rule*; the server ends after."""
    visitor = await Visitor.arrive(browser, lab, name)
    await visitor.join()
    await visitor.go("/hub/spawn")
    await visitor.choose("Small notebook")
    await expect(visitor.page.locator("#phases")).to_be_visible()
    await until(lambda: rule.met)
    yield visitor
    await all_is_well(lab)
    await asyncio.to_thread(lab.crepre, "user", "disable", name)
    await visitor.leave()


async def test_a_started_server_opens_by_itself(
    browser: Browser, faulty_lab: Lab, faults: FaultyDocker
) -> None:
    """A hub killed while a server starts: nobody clicks, and JupyterLab opens."""
    rule = faults.add("hold-answer", "POST", START, times=1)
    async with waiting(browser, faulty_lab, faults, "page-started", rule) as visitor:
        await kill_hub(faulty_lab)
        rule.lift()
        await visitor.until_lab()


async def test_a_hub_that_is_away_for_long_is_waited_for(
    browser: Browser, faulty_lab: Lab, faults: FaultyDocker
) -> None:
    """A hub away for 10 s: the page says that it goes on by itself, and does."""
    rule = faults.add("hold-answer", "POST", START, times=1)
    async with waiting(browser, faulty_lab, faults, "page-long", rule) as visitor:
        gone = time.monotonic()
        faulty_lab.stop_program("hub")
        rule.lift()
        await expect(visitor.page.get_by_text("The lab is restarting")).to_be_visible()
        await until(lambda: time.monotonic() - gone > AWAY_SECONDS)
        faulty_lab.start_program("hub")
        await visitor.until_lab()


async def test_a_start_that_was_lost_is_offered_again(
    browser: Browser, faulty_lab: Lab, faults: FaultyDocker
) -> None:
    """A hub killed before there was a container: the page comes to a button that starts."""
    rule = faults.add("hold", "POST", "/containers/create", times=1)
    async with waiting(browser, faulty_lab, faults, "page-lost", rule) as visitor:
        await kill_hub(faulty_lab)
        rule.lift()
        await visitor.page.get_by_text("Start my server").click()
        await visitor.choose("Small notebook")
        await visitor.until_lab()


@pytest.mark.parametrize("number", [9, 15], ids=["KILL", "TERM"])
async def test_a_proxy_restarts_under_the_page(
    browser: Browser, faulty_lab: Lab, faults: FaultyDocker, number: int
) -> None:
    """A proxy that restarts alone interrupts neither the start nor the page for long."""
    rule = faults.add("hold", "POST", START, times=1)
    async with waiting(browser, faulty_lab, faults, f"page-proxy-{number}", rule) as visitor:
        faulty_lab.kill("proxy", number)
        await until(faulty_lab.answers)
        rule.lift()
        await visitor.until_lab()
