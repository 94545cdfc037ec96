"""
Questions to the hub, asked by the client for HTTP that a server has anyway.

JupyterHub asks with aiohttp, whose loading is a sixth of a server's start and 6 MiB of its memory.
Jupyter Server runs on tornado, which brings a client of its own. It serves for what every server
asks, plain HTTP; a hub behind certificates is asked by JupyterHub itself.

Source: ``jupyterhub/httpclient.py``; ``jupyterhub/services/auth.py``, ``HubAuth._api_request``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crepre_seat.later import loaded

CONNECT_TIMEOUT_SECONDS = 30.0
TIMEOUT_SECONDS = 300.0
"""Both as aiohttp's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """As much of aiohttp's answer as JupyterHub's servers look at."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    async def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    async def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


async def fetch(
    url: str,
    *,
    method: str = "GET",
    raise_for_status: bool = True,
    headers: Mapping[str, str] | None = None,
    data: str | bytes | None = None,
    **more: Any,
) -> Any:
    """
    As ``jupyterhub.httpclient.fetch``, which is called where there is *more* to it.

    Raises:
        OSError, tornado.httpclient.HTTPClientError: If there is no answer; with
            *raise_for_status* also for one that is an error.
    """
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest

    if more or not url.startswith("http://"):
        theirs = loaded("jupyterhub.httpclient").fetch
        named = {"method": method, "raise_for_status": raise_for_status, "data": data}
        return await theirs(url, headers=headers, **named, **more)
    question = HTTPRequest(
        url,
        method=method,
        headers=headers,
        body=data,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        request_timeout=TIMEOUT_SECONDS,
        allow_nonstandard_methods=True,  # a POST without a body is one
    )
    answer = await AsyncHTTPClient().fetch(question, raise_error=raise_for_status)
    return Answer(answer.code, answer.headers, answer.body)
