"""The hub's process, ended and waited for while the test's own connections stay alive."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.labs.lab import PATIENCE_SECONDS, Lab


async def until(fact: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when *fact* is true."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(fact):
            await asyncio.sleep(0.05)


async def kill_hub(lab: Lab, number: int = signal.SIGKILL) -> int:
    """Signal the hub; back when that process is gone."""
    old = lab.kill("hub", number)
    await until(lambda: lab.pid("hub") != old)
    return old


async def hub_is_back(lab: Lab, old: int) -> None:
    """Return when another hub than *old* answers."""
    await asyncio.to_thread(lab.until_hub_is_back, old)


@contextmanager
def frozen(lab: Lab, program: str) -> Iterator[None]:
    """A program that does nothing for a while, and does not know it."""
    pid = lab.pid(program)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
