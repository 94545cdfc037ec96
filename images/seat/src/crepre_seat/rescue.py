"""
Kernels that start although something in the home keeps them from it.

A kernel sees the home's Python packages and IPython's settings there, and any of them may end it
or hold it up before it answers. Such a kernel is started again without them; if it answers then,
they are to blame, the student is told, and all others do without them until the server ends.
"""

from __future__ import annotations

import errno
import logging
import tempfile
from pathlib import Path
from typing import Protocol

from crepre_seat.notices import Notices

log = logging.getLogger("crepre_seat")

CAUSES = {
    ".local/lib": ("*",),
    ".ipython": ("profile_default/*_config.*", "profile_default/startup/*.*py"),
}
"""What may keep a kernel from starting: folders of the home, and files there that would."""

FULL = "Your home is full. Delete something, then stop and start your server."


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

    One for a server; once the home was to blame there is no way back, since the server would have
    to try everything again to know.
    """

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.notices = Notices()
        self._blamed = False

    def leave_out(self) -> None:
        """From now on kernels start without what is in the home; may be repeated."""
        self.environment = self.environment or {
            "IPYTHONDIR": tempfile.mkdtemp(prefix="crepre-"),
            "PYTHONNOUSERSITE": "1",
            "PYTHONSAFEPATH": "1",  # no file beside a notebook stands for a part of Python
        }

    def put_back(self) -> None:
        """From now on kernels start as ever, unless the home was to blame for another one."""
        if not self._blamed:
            self.environment = {}

    def blame(self, home: Path) -> None:
        """Tell what is left out from now on."""
        self._blamed = True
        text = (
            f"No kernel started with {causes(home)}, so they are left out."
            " Mend or delete them, then stop and start your server."
        )
        self.notices.tell(FULL if is_full(home) else text, "warning")


RESCUE = Rescue()
"""The server's: kernel managers are made by their class's name and cannot be handed anything."""


class Kernel(Protocol):
    """One that was started just now."""

    async def answers(self) -> bool:
        """Whether it tells what it is; back as soon as it does, ended, or is silent too long."""
        ...

    async def has_ended(self) -> bool:
        """Whether it is not there any more."""
        ...

    async def start_again(self) -> None:
        """End what is left of it, and start it as things are now."""
        ...


async def until_it_answers(kernel: Kernel, rescue: Rescue, home: Path) -> None:
    """
    Bring *kernel* to an answer, without what is in *home* if need be.

    One that ended may have done so by chance, such as for lack of memory, so it is started once
    more as it was. The home is to blame only where a kernel then answers without it. That it is
    full needs no such evidence.
    """
    if await kernel.answers():
        return
    if is_full(home):
        rescue.notices.tell(FULL, "warning")
    if await kernel.has_ended():
        log.warning("A kernel ended before it answered; it is started again.")
        await kernel.start_again()
        if await kernel.answers():
            return
    log.warning("A kernel did not start; it is tried without what is in the home.")
    rescue.leave_out()
    await kernel.start_again()
    if await kernel.answers():
        rescue.blame(home)
    else:
        rescue.put_back()
