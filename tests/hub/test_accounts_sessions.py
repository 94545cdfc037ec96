"""What ends with a session, and what must not: the running server's own token."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from jupyterhub import orm

from crepre_hub.login.people import reset_account
from tests.hub.accounts_lab import NEXT_PASSWORD, PASSWORD, Browser, Lab, free_port, lab_in


async def works(lab: Lab, token: str) -> bool:
    headers = {"Authorization": f"token {token}"}
    return (await lab.browser().get("/hub/api/user", headers=headers))[0] == 200


async def token_of_started_server(lab: Lab, browser: Browser) -> str:
    """Start ada's server and wait until it answers; the token that the hub gave it."""
    status, _, _ = await browser.get("/hub/spawn")  # without options there is no form
    assert status == 302
    for _ in range(900):
        spawner = lab.app.users["ada"].spawner
        if spawner.ready:
            return str(spawner.api_token)
        await asyncio.sleep(0.1)
    raise AssertionError("the server did not start within 90 s")


async def by_change(lab: Lab, browser: Browser) -> None:
    fields = {"old_password": PASSWORD, "password": NEXT_PASSWORD}
    status, _, _ = await browser.submit("/hub/password", password_again=NEXT_PASSWORD, **fields)
    assert status == 302


async def by_reset(lab: Lab, browser: Browser) -> None:
    reset_account(lab.store, "ada")
    await asyncio.sleep(1.1)
    assert not await browser.is_in()


@pytest.mark.parametrize("end", [by_change, by_reset])
async def test_a_running_server_outlives_its_owners_sessions(
    tmp_path: Path, end: Callable[[Lab, Browser], Awaitable[None]]
) -> None:
    """Its token stays, also when the hub has restarted since; every other token goes."""
    port = free_port()
    async with lab_in(tmp_path, port=port) as lab:
        browser = await lab.newcomer("ada")
        server_token = await token_of_started_server(lab, browser)
        assert await works(lab, server_token)
        cookies = list(browser.session.cookie_jar)
    async with lab_in(tmp_path, port=port) as lab:
        try:
            user = lab.app.users["ada"]
            assert user.running
            assert user.spawner.api_token != server_token  # a restarted hub does not know it
            note = f"Server at {user.base_url}"
            disguised = [user.new_api_token(note=note) for _ in range(2)]
            early = orm.APIToken.find(lab.app.db, disguised[0])
            early.created -= timedelta(hours=1)
            lab.app.db.commit()
            browser = lab.browser()
            for cookie in cookies:
                browser.session.cookie_jar.update_cookies({cookie.key: cookie.value})
            assert await browser.is_in()
            await end(lab, browser)
            assert await works(lab, server_token)
            assert [await works(lab, token) for token in disguised] == [False, False]
        finally:
            process = lab.app.users["ada"].spawner.pid  # a child of this process
            os.kill(process, signal.SIGKILL)
            await asyncio.to_thread(os.waitpid, process, 0)


async def test_a_demoted_admin_is_no_admin_in_seconds(tmp_path: Path) -> None:
    """Who is an admin is said by the account, also while somebody is logged in."""
    async with lab_in(tmp_path) as lab:
        browser = await lab.newcomer("ada")
        user = lab.app.db.query(orm.User).filter_by(name="ada").one()
        user.admin = True  # as on the hub's admin page
        lab.app.db.commit()
        await asyncio.sleep(1.1)
        await browser.is_in()
        assert (await browser.get("/hub/admin"))[0] == 403
