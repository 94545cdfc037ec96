"""
Kernels that start although something in the home keeps them from it.

A kernel sees the home's Python packages and IPython's settings there, and any of them may end it
or hold it up before it answers. Such a kernel is started a second time without them, as are all
others until the server ends, and the student is told.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from crepre_seat.notices import Notices

PATIENCE_SECONDS = 60.0
"""A kernel that lives and has not answered by then is taken for one that never will."""

LOOK_EVERY_SECONDS = 0.1

CAUSES = {
    ".local/lib": ("*",),
    ".ipython": ("profile_default/*_config.*", "profile_default/startup/*.*py"),
}
"""What may keep a kernel from starting: folders of the home, and files there that would."""


def causes(home: Path) -> str:
    """What kernels leave out, in the student's words."""
    there = [
        f"~/{folder}"
        for folder, patterns in CAUSES.items()
        if any(any((home / folder).glob(pattern)) for pattern in patterns)
    ]
    return " and ".join(there) or "the files beside your notebook"


def is_full(home: Path) -> bool:
    """Whether not even a small file fits in."""
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(bytes(4096))
    except OSError as problem:
        return problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return False


class Rescue:
    """
    Whether kernels leave out what is in the home.

    One for a server; ``begin`` has no way back, since the server would have to try everything again
    to know.
    """

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.notices = Notices()

    def begin(self, home: Path) -> None:
        """From now on kernels start without what is in *home*; may be repeated."""
        if self.environment:
            return
        self.environment = {
            "IPYTHONDIR": tempfile.mkdtemp(prefix="crepre-"),
            "PYTHONNOUSERSITE": "1",
            "PYTHONSAFEPATH": "1",  # no file beside a notebook stands for a part of Python
        }
        if is_full(home):
            text = "Your home is full. Delete something, then stop and start your server."
        else:
            text = (
                f"No kernel started with {causes(home)}, so they are left out."
                " Mend or delete them, then stop and start your server."
            )
        self.notices.tell(text, "warning")


RESCUE = Rescue()
"""The server's: kernel managers are made by their class's name and cannot be handed anything."""


class SeatKernelManager(ServerKernelManager):  # type: ignore[misc]  # Jupyter has few types
    """Jupyter Server's own, whose kernels have answered when they count as started."""

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        """Name what the kernel gets; in a rescue it gets less."""
        environment = {**(kw.get("env") or os.environ), **RESCUE.environment}
        found: tuple[list[str], dict[str, Any]] = await super()._async_pre_start_kernel(
            **{**kw, "env": environment}
        )
        return found

    async def _async_post_start_kernel(self, **kw: Any) -> None:
        """Wait for the kernel; where it does not answer, start it once more without the home's."""
        if not RESCUE.environment and not await self._answers():
            self.log.warning("A kernel did not start; it is tried without what is in the home.")
            RESCUE.begin(Path.home())
            await self._async_kill_kernel()
            command, kw = await self._async_pre_start_kernel(**self._launch_args)
            await self._async_launch_kernel(command, **kw)
        await super()._async_post_start_kernel(**kw)

    async def _answers(self) -> bool:
        """Whether the kernel tells what it is; back as soon as it does, or has ended."""
        client = self.client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            client.kernel_info()  # waits in its socket until the kernel is there
            while time.monotonic() < until and await self._async_is_alive():
                try:
                    await client.get_shell_msg(timeout=LOOK_EVERY_SECONDS)
                except Empty:
                    continue
                return True
            return False
        finally:
            client.stop_channels()
