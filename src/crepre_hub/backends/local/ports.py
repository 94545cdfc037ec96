"""
Ports for servers that share this machine's loopback.

A server listens a second or more after its port was chosen for it. The kernel gives a port of its
own range to any connection that leaves the machine's programs meanwhile, the hub's questions to
that very server among them; so the ports here are outside that range.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from pathlib import Path

from crepre_hub.errors import BackendError

KERNELS_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000
"""Below it are well-known services, and what labs themselves listen on."""
HIGHEST = 65_535
ENOUGH = 1_000


def ports_for_servers(kernels: range) -> range:
    """
    Ports that the kernel does not give away by itself.

    Args:
        kernels: Those that it does.

    Returns:
        Those above it, or below where there are few above. Where it leaves nothing, all of them.
    """
    above = range(max(kernels.stop, LOWEST), HIGHEST + 1)
    below = range(LOWEST, max(kernels.start, LOWEST))
    best = above if len(above) >= ENOUGH else max(above, below, key=len)
    return best or range(LOWEST, HIGHEST + 1)


def kernels_range() -> range:
    """
    What the kernel gives to connections.

    Source: "ip_local_port_range" in ip(7).
    """
    first, last = KERNELS_RANGE.read_text().split()
    return range(int(first), int(last) + 1)


class ServerPorts:
    """Each port is given once before any is given again, in an order of chance."""

    def __init__(self, ports: range) -> None:
        self._turns = deque(random.sample(ports, len(ports)))

    def free(self) -> int:
        """
        A port on which nothing listens.

        Raises:
            BackendError: If there is none.
        """
        for _ in range(len(self._turns)):
            self._turns.rotate(-1)
            port = self._turns[-1]
            if is_free(port):
                return port
        raise BackendError("No port is free for one more server.")


def is_free(port: int) -> bool:
    """Whether a server could listen on *port* of loopback now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
