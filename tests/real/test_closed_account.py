"""Accounts that an admin closes."""

from __future__ import annotations

import asyncio

from tests.labs.fixtures import People
from tests.labs.lab import Lab


async def test_a_closed_account_has_no_server_and_no_session(
    local_lab: Lab, person: People
) -> None:
    """`crepre user disable` stops the server and ends sessions; opened again, all is there."""
    eve = await person(local_lab, "eve")
    await eve.start_and_wait()
    boss = await person(local_lab, "boss", admin=True)
    local_lab.crepre("user", "disable", "eve")
    _, model = await boss.api("GET", "users/eve")
    assert isinstance(model, dict)
    assert not model["servers"]
    async with asyncio.timeout(90):  # the hub looks at an account again every few seconds
        while "/hub/login" not in str((await eve.page("/hub/home"))[1]):
            await asyncio.sleep(0.5)
    local_lab.crepre("user", "enable", "eve")
    assert await eve.log_in() == 200
    assert "servers" in await eve.model()
