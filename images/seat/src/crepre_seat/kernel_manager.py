"""Jupyter Server's manager of one kernel, which does not give up at the first failure."""

from __future__ import annotations

import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from crepre_seat.rescue import RESCUE, until_it_answers

PATIENCE_SECONDS = 60.0
"""A kernel that lives and has not answered by then is taken for one that never will."""

LOOK_EVERY_SECONDS = 0.1


class SeatKernelManager(ServerKernelManager):  # type: ignore[misc]  # Jupyter has few types
    """Jupyter Server's own, whose kernels have answered when they count as started."""

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        """Name what the kernel gets; in a rescue it gets less."""
        environment = dict(kw.get("env") or os.environ)
        found: tuple[list[str], dict[str, Any]] = await super()._async_pre_start_kernel(
            **{**kw, "env": environment | RESCUE.environment}
        )
        self._launch_args["env"] = environment  # a later start has what counts then
        return found

    async def _async_post_start_kernel(self, **kw: Any) -> None:
        """Wait for the kernel; see ``rescue`` for what is done where it does not answer."""
        if not RESCUE.environment:
            await until_it_answers(self, RESCUE, Path.home())
        await super()._async_post_start_kernel(**kw)

    async def start_again(self) -> None:
        """End what is left of the kernel, and start it as things are now."""
        await self._async_kill_kernel()
        command, kw = await self._async_pre_start_kernel(**self._launch_args)
        await self._async_launch_kernel(command, **kw)

    async def has_ended(self) -> bool:
        """Whether its process is not there any more."""
        return not await self._async_is_alive()

    async def answers(self) -> bool:
        """Whether the kernel tells what it is; back as soon as it does, or has ended."""
        client = self.client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            client.kernel_info()  # waits in its socket until the kernel is there
            while time.monotonic() < until and not await self.has_ended():
                try:
                    await client.get_shell_msg(timeout=LOOK_EVERY_SECONDS)
                except Empty:
                    continue
                return True
            return False
        finally:
            client.stop_channels()
