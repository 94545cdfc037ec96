"""SimpleLocalProcessSpawner, mended to survive its hub."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port
from traitlets import Callable, Unicode

from crepre_hub.backends.backend import StartLog
from crepre_hub.backends.ending import why_it_ended
from crepre_hub.backends.local.found import birth
from crepre_hub.errors import BackendError, ImageMissing


class LastingLocalSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """
    Upstream's spawner, whose processes write to a file of their own, not to the hub's output.

    It also knows its process again after a restart by the moment it began, so that another
    process with the same number is not taken for it.
    """

    log_file = Unicode(help="Where the server's output goes.")

    end_leftovers = Callable(
        lambda: None, help="Ends what a hub that was killed left of this seat; may take a while."
    )

    make_folders = Callable(lambda: None, help="Makes what the server's course has.")

    free_port = Callable(random_port, help="Returns a port to listen on.")

    start_log: StartLog | None = None
    _born = ""

    @property
    def server_id(self) -> str:
        """What ``Found.id`` is for this server; empty while it has none."""
        return f"{self.pid}:{self._born}" if self.pid and self._born else ""

    async def start(self) -> str:
        """
        Start the process.

        Raises:
            BackendError: With a sentence for the student.
        """
        self._reach("image")
        if not Path(self.cmd[0]).exists():
            raise ImageMissing(f"There is no {self.cmd[0]}.")
        self._reach("container")
        await asyncio.to_thread(self.end_leftovers)
        await asyncio.to_thread(self.make_folders)
        self.port = self.free_port()
        log = Path(self.log_file)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.popen_kwargs = {"stdout": output, "stderr": output}
            url: str = await super().start()
        self._born = birth(self.pid)
        self._reach("server")
        return url

    async def poll(self) -> int | None:
        """None while the process runs."""
        status: int | None = await super().poll()
        if status is None and self._born and birth(self.pid) != self._born:
            self.clear_state()
            return 0
        return status

    def get_state(self) -> dict[str, Any]:
        """What a restarted hub needs to know the process again."""
        return {**super().get_state(), "born": self._born}

    def load_state(self, state: dict[str, Any]) -> None:
        """The reverse of ``get_state``."""
        super().load_state(state)
        self._born = state.get("born", "")

    async def why_not_running(self) -> BackendError | None:
        """What the process's last words say about why it ended; None while it runs."""
        if await self.poll() is None:
            return None
        lines = Path(self.log_file).read_text(errors="replace").splitlines()[-50:]
        return why_it_ended("\n".join(lines), how="The server ended")

    def _reach(self, phase: str) -> None:
        if self.start_log is not None:
            self.start_log.reach(phase)


def runs_as_root() -> bool:
    """Whether JupyterLab must be told that it may run as root."""
    return os.geteuid() == 0
