"""
What the lab has to tell: what teachers announce, and how long the GPU is lent.

The hub is asked, with the server's own token, while somebody has JupyterLab open; what it tells is
told with the server's own notices.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crepre_seat.notices import Kind, Notice

log = logging.getLogger("crepre_seat")

ASK_EVERY_SECONDS = 30.0
"""JupyterLab asks every 15 s, so an announcement is there after 45 at most."""

PATIENCE_SECONDS = 2.0
AWAY = "The lab does not answer just now. Try again in a minute."
NOT_MODIFIED = 304
_NONE: Mapping[str, str] = {}

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

    def ask_anew(self) -> None:
        """Ask the hub at the next question: something has changed."""
        self._asked = float("-inf")

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
        return tuple(map(_notice, json.loads(answer)["news"]))
    except (KeyError, TypeError) as problem:
        raise ValueError(f"no list of news ({problem!r})") from problem


def _notice(each: Mapping[str, Any]) -> Notice:
    text = f"{each['course']}: {each['text']}"
    kind: Kind = "warning" if each.get("until") else "info"
    return Notice(text, kind, renew=bool(each.get("renew")), until=each.get("until"))


def asked_of(hub_auth: Any) -> Fetch:
    """
    Asks the hub that *hub_auth*, the server's ``HubOAuth``, knows.

    The function raises ``OSError`` while the hub does not answer.
    """
    known: dict[str, Any] = {"etag": "", "body": b""}

    async def fetch() -> bytes:
        # An answer without news is empty, and stands in no log.
        answer = await _of_hub(hub_auth, "news", headers={"If-None-Match": known["etag"]})
        if answer.code == NOT_MODIFIED:
            return bytes(known["body"])
        known.update(etag=answer.headers.get("ETag", ""), body=answer.body)
        return bytes(answer.body)

    return fetch


def renewal_of(hub_auth: Any) -> Fetch:
    """
    Renews the time on the GPU at the hub that *hub_auth* knows, if the lab's rules say yes.

    The function raises ``OSError`` while the hub does not answer.
    """

    async def renew() -> bytes:
        answer = await _of_hub(hub_auth, "gpu/renew", method="POST", body="{}")
        return bytes(answer.body)

    return renew


async def renewed(renew: Fetch) -> Notice:
    """What came of *renew*, for whoever pressed the button."""
    try:
        said = json.loads(await renew())
        return Notice(str(said["text"]), "success" if said["renewed"] else "warning")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        log.info("The hub renews nothing: %s", problem)
        return Notice(AWAY, "warning")


async def _of_hub(hub_auth: Any, path: str, headers: Mapping[str, str] = _NONE, **how: Any) -> Any:
    """The hub's answer to a call with the server's own token."""
    from tornado.httpclient import AsyncHTTPClient, HTTPError

    url = f"{hub_auth.api_url.rstrip('/')}/crepre/{path}"
    headers = {"Authorization": f"token {hub_auth.api_token}", **headers}
    try:
        return await AsyncHTTPClient().fetch(
            url, headers=headers, request_timeout=PATIENCE_SECONDS, **how
        )
    except HTTPError as problem:
        if problem.code == NOT_MODIFIED and problem.response is not None:
            return problem.response
        raise OSError(str(problem)) from problem  # also where nobody listens


async def nothing() -> bytes:
    """The answer where there is no hub."""
    return b'{"news": []}'
