"""Servers that say themselves when they are up."""

from __future__ import annotations

from jupyterhub import orm

from crepre_hub.hub.answering import SeatServer


async def test_the_hub_takes_the_seats_own_word() -> None:
    """The hub learns the version from the seat, and connects to nothing itself."""

    async def until_up() -> str:
        return "6.1.1"

    row = orm.Server(proto="http", ip="127.0.0.1", port=9, base_url="/", cookie_name="x")
    answer = await SeatServer(orm_server=row, until_up=until_up).wait_up(http=True, timeout=0)
    assert answer.headers["X-JupyterHub-Version"] == "6.1.1"
