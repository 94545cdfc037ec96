"""
What the courses' teachers announce.

The hub is asked, with the server's own token, while somebody has JupyterLab open; what it tells is
told with the server's own notices.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from crepre_seat.notices import Notice

log = logging.getLogger("crepre_seat")

ASK_EVERY_SECONDS = 30.0
"""JupyterLab asks every 15 s, so an announcement is there after 45 at most."""

PATIENCE_SECONDS = 2.0
NOT_MODIFIED = 304

Fetch = Callable[[], Awaitable[bytes]]
Clock = Callable[[], float]


class News:
    """
    The announcements as the hub last told them.

    True at every moment: the hub is asked once in ``ASK_EVERY_SECONDS`` at most, and only when
    somebody asks here; while it does not answer, what it told before goes on being told.
    """

    def __init__(self, fetch: Fetch, clock: Clock = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._asked = float("-inf")
        self._told: tuple[Notice, ...] = ()

    async def notices(self) -> tuple[Notice, ...]:
        """All that are to be shown now."""
        if self._clock() - self._asked >= ASK_EVERY_SECONDS:
            self._asked = self._clock()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    self._told = notices_in(await self._fetch())
            except (OSError, TimeoutError, ValueError) as problem:
                log.info("The hub tells no news: %s", problem)
        return self._told


def notices_in(answer: bytes) -> tuple[Notice, ...]:
    """
    A notice for each announcement in the hub's *answer*.

    Raises:
        ValueError: If it is not as the hub writes it.
    """
    try:
        news = json.loads(answer)["news"]
        return tuple(Notice(f"{each['course']}: {each['text']}") for each in news)
    except (KeyError, TypeError) as problem:
        raise ValueError(f"no list of news ({problem!r})") from problem


def asked_of(hub_auth: Any) -> Fetch:
    """
    Asks the hub that *hub_auth*, the server's ``HubOAuth``, knows.

    The function raises ``OSError`` while the hub does not answer.
    """
    known: dict[str, Any] = {"etag": "", "body": b""}

    async def fetch() -> bytes:
        from tornado.httpclient import AsyncHTTPClient, HTTPError

        # An answer without news is empty, and stands in no log.
        headers = {"Authorization": f"token {hub_auth.api_token}", "If-None-Match": known["etag"]}
        url = f"{hub_auth.api_url.rstrip('/')}/crepre/news"
        try:
            answer = await AsyncHTTPClient().fetch(
                url, headers=headers, request_timeout=PATIENCE_SECONDS
            )
        except HTTPError as problem:
            if problem.code == NOT_MODIFIED:
                return bytes(known["body"])
            raise OSError(str(problem)) from problem  # also where nobody listens
        known.update(etag=answer.headers.get("ETag", ""), body=answer.body)
        return bytes(answer.body)

    return fetch


async def nothing() -> bytes:
    """The answer where there is no hub."""
    return b'{"news": []}'
