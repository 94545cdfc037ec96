"""Kernels of running servers, as their own REST API has them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from jupyterhub import orm
from jupyterhub.utils import url_path_join

log = logging.getLogger("crepre.gpu")

PATIENCE = aiohttp.ClientTimeout(total=30, sock_connect=2)
"""
Jupyter lets a kernel end for some seconds before it kills it, and the new one has to answer.

Nobody looks for GPUs meanwhile, and one that vanishes is to be seen within a minute.
"""

TOKEN_SECONDS = 120


async def restart_kernel(spawner: Any, kernel: str) -> bool:
    """
    Start a kernel of a running server anew, as a click of its owner would.

    Returns:
        False where the server has no such kernel, or does not do it.

    Source: https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html
    """
    url = url_path_join(spawner.server.url, "api", "kernels", kernel, "restart")
    async with _token(spawner) as token, aiohttp.ClientSession(timeout=PATIENCE) as session:
        try:
            async with session.post(url, headers={"Authorization": f"token {token}"}) as answer:
                if answer.status == 200:
                    return True
                log.warning("%s was not restarted: status %s", kernel, answer.status)
        except (TimeoutError, aiohttp.ClientError) as trouble:
            log.warning("%s was not restarted: %s", kernel, trouble or "no answer")
    return False


@asynccontextmanager
async def _token(spawner: Any) -> AsyncIterator[str]:
    """A token for this one server, in its owner's name; worthless afterwards."""
    server = f"{spawner.user.name}/{spawner.name}"
    token = spawner.user.new_api_token(
        note="GPU watchdog",
        expires_in=TOKEN_SECONDS,
        scopes=[f"access:servers!server={server}"],
    )
    try:
        yield token
    finally:
        db = spawner.user.db
        row = orm.APIToken.find(db, token)
        if row is not None:
            db.delete(row)
            db.commit()
