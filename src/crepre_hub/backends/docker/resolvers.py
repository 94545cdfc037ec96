"""
Which name servers containers ask by themselves, so that the guard can let them.

Docker's resolver at 127.0.0.11 passes questions on from *inside the container's network*, to the
servers of the daemon's settings or of the host. Servers on the host's loopback are the exception:
the daemon asks those itself, and no rule is needed.
Source: https://docs.docker.com/engine/network/#dns-services
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

RESOLV_CONF = Path("/etc/resolv.conf")
BEHIND_SYSTEMD = Path("/run/systemd/resolve/resolv.conf")
"""What Docker reads instead where the host's only server is systemd's stub."""
SYSTEMD_STUB = IPv4Address("127.0.0.53")
DAEMON_SETTINGS = Path("/etc/docker/daemon.json")


def parse_resolvers(resolv_conf: str) -> tuple[IPv4Address, ...]:
    """IPv4 name servers in the text of a ``resolv.conf``, in order."""
    words = [line.split() for line in resolv_conf.splitlines()]
    named = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    return _only_ipv4(named)


def _only_ipv4(addresses: Iterable[str]) -> tuple[IPv4Address, ...]:
    found = []
    for address in addresses:
        try:
            found.append(IPv4Address(address))
        except AddressValueError:
            continue  # IPv6, which seats do not have
    return tuple(found)


def asked_by_containers(resolvers: Iterable[IPv4Address]) -> tuple[IPv4Address, ...]:
    """Those of *resolvers* that containers reach over the network."""
    return tuple(address for address in resolvers if not address.is_loopback)


def read_resolvers() -> tuple[IPv4Address, ...]:
    """The name servers that Docker on this machine hands to containers."""
    if DAEMON_SETTINGS.exists():
        chosen = json.loads(DAEMON_SETTINGS.read_text() or "{}").get("dns")
        if chosen:
            return asked_by_containers(_only_ipv4(chosen))
    resolvers = parse_resolvers(RESOLV_CONF.read_text())
    if resolvers == (SYSTEMD_STUB,) and BEHIND_SYSTEMD.exists():
        resolvers = parse_resolvers(BEHIND_SYSTEMD.read_text())
    return asked_by_containers(resolvers)
