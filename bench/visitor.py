"""The one client that drives every peer, request for request as a browser would."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Protocol

import aiohttp
from yarl import URL

from tests.labs.student import Student, xsrf_in

ASK_EVERY_SECONDS = 0.02


class Place(Protocol):
    """What a visitor has to know of a peer."""

    @property
    def url(self) -> str:
        """What a browser opens."""
        ...


class NotReadyError(Exception):
    """The server did not come up; the message is what the peer said."""


class Visitor(Student):
    """Somebody who is logged in and clicks."""

    def __init__(self, place: Place, name: str) -> None:
        super().__init__(place, name)  # type: ignore[arg-type]  # a Lab, of which it uses the url

    async def click_to_ready(self, *, seconds: float) -> float:
        """
        Click "start" and wait until the server is ready and answers; returns the seconds it took.

        The click is the browser's ``GET /hub/spawn``; it leads to the pending page, whose
        progress events are followed to their end; then the server's own ``/api`` is asked
        through the proxy until it answers.

        Raises:
            NotReadyError: If the peer says that it failed, or says nothing in time.
        """
        begin = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                page, url = await self.page("/hub/spawn")
                if url.path.startswith("/hub/spawn-pending"):
                    await self._follow_progress(xsrf_in(page))
                await self._until_it_answers()
        except (TimeoutError, aiohttp.ClientError) as problem:
            raise NotReadyError(f"{type(problem).__name__}: {problem}") from problem
        return time.monotonic() - begin

    async def _follow_progress(self, xsrf: str) -> None:
        url = URL(self.url(f"/hub/api/users/{self.name}/server/progress")).with_query(_xsrf=xsrf)
        async with self.http.get(url) as answer:
            if answer.status != 200:
                raise NotReadyError(f"progress: status {answer.status}")
            async for line in answer.content:
                event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if event.get("failed"):
                    raise NotReadyError(str(event.get("message")))
                if event.get("ready"):
                    return

    async def _until_it_answers(self) -> None:
        while True:
            async with self.http.get(
                self.url(f"/user/{self.name}/api"), allow_redirects=False
            ) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(ASK_EVERY_SECONDS)
