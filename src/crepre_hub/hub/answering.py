"""Whether a server answers, and since when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
from jupyterhub import __version__ as hub_version
from jupyterhub.objects import Server

PATIENCE = aiohttp.ClientTimeout(total=10, sock_connect=1)
"""The address of a container that has just died swallows what is sent to it, without an answer."""


class SeatServer(Server):  # type: ignore[misc]
    """
    A server that says itself when it is up.

    The hub stops servers that do not answer it in ``http_timeout`` when it starts itself, and
    asks new ones at random intervals of up to 5 s. Here one that has answered before is left
    alone however slow it is, and another one is asked often.
    """

    def __init__(self, *, orm_server: Any, until_up: Callable[[], Awaitable[str]]) -> None:
        super().__init__(orm_server=orm_server)
        self._until_up = until_up

    async def wait_up(self, *args: Any, **kwargs: Any) -> Any:
        """Return when the server is known to be there."""
        return SimpleNamespace(headers={"X-JupyterHub-Version": await self._until_up()})


def as_url(address: Any) -> str:
    """Spawners return a URL or a pair of address and port."""
    if isinstance(address, str):
        return address.rstrip("/")
    ip, port = address
    return f"http://{ip}:{port}"


async def version_or_none(session: aiohttp.ClientSession, url: str) -> str | None:
    """The version of JupyterHub that a server at *url* says it has; None while it is silent."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            if answer.status < 500:
                return answer.headers.get("X-JupyterHub-Version", hub_version)
    except (aiohttp.ClientError, TimeoutError):
        return None
    return None
