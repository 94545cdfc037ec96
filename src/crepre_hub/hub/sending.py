"""Large answers, sent as fast as the reader takes them, without holding up anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tornado import web
from tornado.iostream import StreamClosedError

from crepre_hub.backends.homes import Homes, Packing
from crepre_hub.errors import Busy
from crepre_hub.hub.byte_range import Part
from crepre_hub.sentences import say

AT_ONCE = 3
"""Homes that are packed at the same moment; each takes a processor, and reads the disk."""

READERS = 8
"""Threads that read files which are there already; each holds one only while it reads a part."""

PART_BYTES = 256 * 1024

STALLED_SECONDS = 120.0
"""A browser that takes nothing for so long, or a home that gives nothing, is given up."""


class Downloads:
    """
    What is being sent.

    True at every moment: nobody's home is packed twice, and no more than ``AT_ONCE`` are.
    """

    def __init__(self) -> None:
        self._packing: set[str] = set()
        # Threads of their own: whoever waits here takes none from the rest of the hub.
        self._packers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pack")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="archive")

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """
        Hold a place for packing the home of *user*.

        Raises:
            Busy: If it is being packed already, or all places are taken.
        """
        if user in self._packing:
            raise Busy(say("Your files are being packed already. Wait until that download ends."))
        if len(self._packing) >= AT_ONCE:
            raise Busy(
                say("Others are downloading their files just now."),
                remedy=say("Try again in some minutes."),
            )
        self._packing.add(user)
        try:
            yield
        finally:
            self._packing.discard(user)

    async def begin(self, homes: Homes, user: str) -> Packing:
        """Begin to pack the home of *user*; raises as ``Homes.pack`` does."""
        return await asyncio.get_running_loop().run_in_executor(self._packers, homes.pack, user)

    async def end(self, packing: Packing) -> None:
        """Leave nothing running; also where a thread waits for the next part."""
        await asyncio.get_running_loop().run_in_executor(self._readers, packing.close)

    async def next_packed(self, parts: Iterator[bytes]) -> bytes | None:
        """The next part of a home; None at its end."""
        return await self._next(self._packers, parts)

    async def next_read(self, parts: Iterator[bytes]) -> bytes | None:
        """The next part of a file; None at its end."""
        return await self._next(self._readers, parts)

    async def _next(self, pool: ThreadPoolExecutor, parts: Iterator[bytes]) -> bytes | None:
        loop = asyncio.get_running_loop()
        coming = loop.run_in_executor(pool, partial(next, parts, None))
        async with asyncio.timeout(STALLED_SECONDS):
            return await asyncio.shield(coming)


async def taken(handler: web.RequestHandler, part: bytes) -> bool:
    """Send *part*, and come back when the reader has taken it; False if there is none any more."""
    try:
        handler.write(part)
        async with asyncio.timeout(STALLED_SECONDS):
            await handler.flush()
    except (StreamClosedError, TimeoutError):
        return False
    return True


def break_off(handler: web.RequestHandler) -> None:
    """End the connection in the middle, so that no browser takes what it has for all of it."""
    connection: Any = handler.request.connection  # of HTTP/1.1, as tornado's server speaks
    if connection is not None:
        connection.close()


def parts_of(file: Path, part: Part) -> Iterator[bytes]:
    """*part* of *file*, piece by piece."""
    with file.open("rb") as content:
        content.seek(part.first)
        left = part.end - part.first
        while left and (piece := content.read(min(left, PART_BYTES))):
            left -= len(piece)
            yield piece
