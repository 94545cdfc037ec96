"""Ports of this machine: whether one is free, and which the kernel gives away by itself."""

from __future__ import annotations

import socket
from pathlib import Path

KERNELS_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(address: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def kernels_range() -> range:
    """
    What the kernel gives to connections.

    Source: "ip_local_port_range" in ip(7).
    """
    first, last = KERNELS_RANGE.read_text().split()
    return range(int(first), int(last) + 1)
