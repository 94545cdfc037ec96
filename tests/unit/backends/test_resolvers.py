"""Which name servers the guard has to let containers ask."""

from __future__ import annotations

from ipaddress import IPv4Address

from crepre_hub.backends.docker.resolvers import asked_by_containers, parse_resolvers


def test_name_servers_are_read_in_order() -> None:
    """Comments, options and IPv6 servers are passed over."""
    text = (
        "# nameserver 1.1.1.1\nsearch x.edu\nnameserver 10.0.0.53\nnameserver fd00::1\n\n"
        "nameserver 9.9.9.9\noptions edns0\n"
    )
    assert parse_resolvers(text) == (IPv4Address("10.0.0.53"), IPv4Address("9.9.9.9"))


def test_loopback_is_asked_by_the_daemon() -> None:
    """A server on the host's loopback needs no rule: containers never reach it themselves."""
    servers = (IPv4Address("127.0.0.53"), IPv4Address("10.0.0.53"))
    assert asked_by_containers(servers) == (IPv4Address("10.0.0.53"),)
