"""
The hub's process.

JupyterHub itself, with two things more: it listens on the seats' network as well as on loopback,
and it looks at the course files every few seconds, so that a broken edit is in the log before a
student meets it.
"""

from __future__ import annotations

import socket
from typing import Any

from jupyterhub.app import JupyterHub
from tornado.ioloop import PeriodicCallback
from traitlets import Callable, Unicode

LOOK_EVERY_SECONDS = 5


class CrepreHub(JupyterHub):  # type: ignore[misc]
    """JupyterHub for a lab."""

    seat_address = Unicode(help="Where servers reach the hub, as address:port.").tag(config=True)
    look_at_courses = Callable(lambda: None, help="Reads changed course files.").tag(config=True)

    _looking: PeriodicCallback | None = None

    async def start(self) -> None:
        """Start the hub, then what comes on top of it."""
        await super().start()
        address, _, port = self.seat_address.rpartition(":")
        if address not in ("", "127.0.0.1"):
            self.http_server.add_sockets([socket_for(address, int(port))])
        self._looking = PeriodicCallback(self.look_at_courses, LOOK_EVERY_SECONDS * 1000)
        self._looking.start()

    async def shutdown_cancel_tasks(self, *args: Any, **kwargs: Any) -> None:
        """Stop looking before the loop ends."""
        if self._looking is not None:
            self._looking.stop()
        await super().shutdown_cancel_tasks(*args, **kwargs)


def socket_for(address: str, port: int) -> socket.socket:
    """
    A listening socket at *address*, which need not exist yet.

    The seats' network is Docker's and may come up after the hub does, say when a machine boots.
    Source: ip(7), IP_FREEBIND.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_FREEBIND", 15), 1)
    listener.bind((address, port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


main = CrepreHub.launch_instance
