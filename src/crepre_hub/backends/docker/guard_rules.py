"""
The guard's rules, as text for ``nft``.

A packet that one of our base chains drops or rejects is gone, whatever Docker's chains say; one
that ours let pass still has to pass Docker's.
Source: https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains#Base_chain_priority
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from textwrap import dedent

from crepre_hub.backends.docker.network import SeatNetwork

HUB_PORT = 8081
CONNECTIONS_PER_SEAT = 2048
"""One seat cannot fill the host's connection table, which all share (65536 on small hosts)."""

NEVER = IPv4Network("169.254.0.0/16")
"""Link-local addresses, where clouds keep their metadata; no setting opens them."""

PRIVATE = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)
"""
Addresses that are not the internet.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry/
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What seats may reach beside the hub's API.

    Attributes:
        internet: Public addresses.
        allow: Private addresses that are open all the same, such as a file server's. Addresses
            of the host itself, other seats and the metadata address stay closed.
        deny: Public addresses that are closed all the same, such as the institution's own.
        resolvers: Name servers that containers ask by themselves; port 53 only.
    """

    internet: bool = True
    allow: tuple[IPv4Network, ...] = ()
    deny: tuple[IPv4Network, ...] = ()
    resolvers: tuple[IPv4Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """
    Three texts for ``nft``; the first is always in force, with one of the others.

    Attributes:
        table: Name of our tables.
        inet: Between seats and everything else, and, where the kernel hands bridged packets to
            it, between seats.
        by_bridge: Between seats, every frame; for kernels that can name a frame's bridge.
        by_address: Between seats, IPv4 and ARP only; for kernels that cannot.
    """

    table: str
    inet: str
    by_bridge: str
    by_address: str


def table_name(lab: str) -> str:
    """
    Name of the lab's tables; ``nft`` knows letters, digits and ``_``.

    A ``_`` is doubled, so that ``a_b`` and ``a-b`` do not share a table.
    """
    return "crepre_" + re.sub(r"[^A-Za-z0-9_]", "_", lab.replace("_", "__"))


def render_rules(network: SeatNetwork, reach: Reach, hub_port: int = HUB_PORT) -> Rules:
    """Each text replaces the table of its family as a whole."""
    table = table_name(network.lab)
    return Rules(
        table=table,
        inet=_inet(table, network, reach, hub_port),
        by_bridge=_between_seats(table, f'meta ibrname "{network.bridge}" drop'),
        by_address=_between_seats(
            table,
            f"ip saddr {network.subnet} drop",
            f"ip daddr {network.subnet} drop",
            f"arp saddr ip {network.subnet} drop",
            f"arp daddr ip {network.subnet} drop",
        ),
    )


def _inet(table: str, network: SeatNetwork, reach: Reach, hub_port: int) -> str:
    """
    Between seats and everything else.

    The sets say ``typeof ip saddr`` and not ``type ipv4_addr``: what the guard's nft 1.1 writes for
    the latter makes the host's nft 1.0 (Debian 12) end with a segmentation fault as it lists.
    """
    seats = f'"{network.bridge}"'
    too_many = f"ip saddr ct count over {CONNECTIONS_PER_SEAT}"
    refuse = "reject with icmp type admin-prohibited"
    head = dedent(f"""\
        table inet {table} {{
            set seats_to_host_busy {{ typeof ip saddr; size 65535; flags dynamic; }}
            set seats_outward_busy {{ typeof ip saddr; size 65535; flags dynamic; }}

            chain to_host {{
                type filter hook input priority -10; policy accept;
                iifname != {seats} accept
                meta nfproto ipv6 drop
                ip saddr != {network.subnet} drop
                ct direction reply ct state established,related accept
                ct state new add @seats_to_host_busy {{ {too_many} }} drop
                ip daddr {network.gateway} tcp dport {hub_port} accept
                {refuse}
            }}

            chain through_host {{
                type filter hook forward priority -10; policy accept;
                iifname {seats} oifname {seats} drop
                iifname {seats} goto outward
                oifname {seats} goto inward
            }}

            chain inward {{
                ct direction reply ct state established,related accept
                drop
            }}

            chain outward {{
        """)
    outward = [
        "meta nfproto ipv6 drop",
        f"ip saddr != {network.subnet} drop",
        f"ip daddr {NEVER} {refuse}",
        f"ct status dnat {refuse}",
        f"ct state new add @seats_outward_busy {{ {too_many} }} drop",
        *_exceptions(reach),
        f"ip daddr {{ {_list((*PRIVATE, *reach.deny))} }} {refuse}",
        "accept" if reach.internet else refuse,
    ]
    body = "".join(f"        {line}\n" for line in outward)
    return _replacing("inet", table) + head + body + "    }\n}\n"


def _exceptions(reach: Reach) -> Iterator[str]:
    if reach.allow:
        yield f"ip daddr {{ {_list(reach.allow)} }} accept"
    if reach.resolvers and reach.internet:
        resolvers = _list(IPv4Network(address) for address in reach.resolvers)
        yield f"ip daddr {{ {resolvers} }} meta l4proto {{ tcp, udp }} th dport 53 accept"


def _between_seats(table: str, *drops: str) -> str:
    lines = "".join(f"        {line}\n" for line in drops)
    return (
        _replacing("bridge", table)
        + f"table bridge {table} {{\n"
        + "    chain between_seats {\n"
        + "        type filter hook forward priority -200; policy accept;\n"
        + lines
        + "    }\n}\n"
    )


def _replacing(family: str, table: str) -> str:
    """Deleting needs the table to be there, so it is made first; all in one transaction."""
    return f"table {family} {table} {{ }}\ndelete table {family} {table}\n"


def _list(networks: Iterable[IPv4Network]) -> str:
    """Elements of a set; ``nft`` refuses networks that overlap, so they are merged."""
    return ", ".join(str(network) for network in collapse_addresses(networks))
