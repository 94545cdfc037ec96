"""
The ports that a lab uses, all of them derived from the one it listens on.

One number to choose, and several labs on a machine do not meet.
"""

from __future__ import annotations

from dataclasses import dataclass

from crepre_hub.settings.lab import Lab


@dataclass(frozen=True, slots=True)
class Ports:
    """
    Where the lab's programs listen.

    Attributes:
        address: Where the proxy listens for browsers.
        public: Its port.
        proxy_api: Where the hub tells the proxy its routes; loopback only.
        hub: Where the hub listens; on loopback, and for the seats' network.
    """

    address: str
    public: int
    proxy_api: int
    hub: int


def ports_of(lab: Lab) -> Ports:
    """8000 for browsers gives 8001 for the proxy's routes and 8081 for the hub."""
    address, _, port = lab.lab.listen.rpartition(":")
    return Ports(address, int(port), int(port) + 1, int(port) + 81)
