"""Servers that the hub need not ask again."""

from __future__ import annotations

import pytest
import pytest_socket
from jupyterhub import orm

from crepre_hub.hub.spawning import KnownServer


async def test_a_server_that_answered_once_is_not_asked_again() -> None:
    """The hub neither waits for it nor stops it for being slow; nothing is connected to."""
    server = KnownServer(
        orm_server=orm.Server(proto="http", ip="127.0.0.1", port=9, base_url="/", cookie_name="x"),
        answered="6.1.1",
    )
    answer = await server.wait_up(http=True, timeout=0)
    assert answer.headers["X-JupyterHub-Version"] == "6.1.1"


@pytest.mark.filterwarnings("ignore:A test tried to use")
async def test_a_server_that_never_answered_is_asked() -> None:
    """Without a saved answer it is the hub's own server, which looks for itself."""
    server = KnownServer(
        orm_server=orm.Server(proto="http", ip="127.0.0.1", port=9, base_url="/", cookie_name="x"),
        answered="",
    )
    with pytest.raises(pytest_socket.SocketBlockedError):
        await server.wait_up(timeout=0.01)
