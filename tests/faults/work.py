"""Somebody at work, who notices when work is lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from tests.labs.lab import PATIENCE_SECONDS
from tests.labs.student import Kernel, Student


@dataclass
class Work:
    """A kernel with a variable in it, and the tab that is open on it."""

    student: Student
    kernel: Kernel
    tab: object = None

    @classmethod
    async def begin(cls, student: Student) -> Self:
        """Start a server, open JupyterLab and make something that only memory holds."""
        await reach_lab(student)
        kernel = await student.kernel()
        assert await kernel.run("melody = [60, 62, 64]; sum(melody)") == "186"
        return cls(student, kernel, kernel._socket)

    async def goes_on(self) -> None:
        """I1: the same kernel, over the same open connection, still holds what it held."""
        assert await self.kernel.run("melody[-1]") == "64"
        assert self.kernel._socket is self.tab, "the tab had to connect again"

    async def can_go_on(self) -> None:
        """I1, where the connection itself was hit: a tab that connects again finds it all."""
        await self.kernel.close()
        assert await self.kernel.run("melody[-1]") == "64"
        self.tab = self.kernel._socket


async def reach_lab(student: Student, *, seconds: float = PATIENCE_SECONDS) -> float:
    """
    I6: do what the pages offer until JupyterLab is open; no staff, no REST API.

    Returns:
        The seconds it took.
    """
    begin = time.monotonic()
    async with asyncio.timeout(seconds):
        while True:
            server = (await student.model())["servers"].get("", {})
            if server.get("ready"):
                await student.open_lab()
                return time.monotonic() - begin
            if server.get("pending") == "spawn":
                await student.until_ready(seconds=seconds)
            elif server:
                await asyncio.sleep(0.2)
            else:
                status, text = await student.start()
                assert status < 400, text
