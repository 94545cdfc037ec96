"""
Ports for servers that share this machine's loopback.

A server listens a second or more after its port was chosen for it. The kernel gives a port of its
own range to any connection that leaves the machine's programs meanwhile, the hub's questions to
that very server among them; so the ports here are outside that range.
"""

from __future__ import annotations

import random
from itertools import cycle, islice

from crepre_hub.errors import BackendError
from crepre_hub.probes.ports import is_free, kernels_range

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


def server_ports() -> ServerPorts:
    """Those of this machine."""
    return ServerPorts(ports_for_servers(kernels_range()))


class ServerPorts:
    """Each port is given once before any is given again, in an order of chance."""

    def __init__(self, ports: range) -> None:
        self._count = len(ports)
        self._turns = cycle(random.sample(ports, self._count))

    def free(self) -> int:
        """
        A port on which nothing listens.

        Raises:
            BackendError: If there is none.
        """
        for port in islice(self._turns, self._count):
            if is_free("127.0.0.1", port):
                return port
        raise BackendError("No port is free for one more server.")
