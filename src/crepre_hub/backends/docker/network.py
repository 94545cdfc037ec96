"""The bridge network that all seats of a lab sit on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.types import IPAMConfig, IPAMPool

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.errors import BackendError

LAB_LABEL = "crepre.lab"
DEFAULT_SUBNET = IPv4Network("10.231.0.0/20")
LONGEST_INTERFACE_NAME = 15
"""IFNAMSIZ less its final zero. https://man7.org/linux/man-pages/man7/netdevice.7.html"""


@dataclass(frozen=True, slots=True)
class SeatNetwork:
    """
    A network as it should be.

    Attributes:
        lab: The lab it belongs to.
        name: Docker's name for it.
        subnet: The addresses of the seats; IPv4 only, since IPv6 is off.
        gateway: The host's address on it, where the hub's API listens.
        bridge: The host's interface; the guard's rules name it, so it must be stable.
    """

    lab: str
    name: str
    subnet: IPv4Network
    gateway: IPv4Address
    bridge: str


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the host's routing table."""

    interface: str
    destination: IPv4Network


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """What to do about the network: nothing, make it, or say what is in the way."""

    wanted: SeatNetwork
    create: bool
    problems: tuple[str, ...] = ()
    remedy: str = ""


def seat_network(lab: str, subnet: IPv4Network = DEFAULT_SUBNET) -> SeatNetwork:
    """The network of *lab*; the gateway is the first address of *subnet*."""
    return SeatNetwork(lab, f"{lab}-seats", subnet, subnet[1], bridge_name(lab))


def bridge_name(lab: str) -> str:
    """
    An interface name for *lab*: at most 15 characters, and stable for ever.

    Names too long to be kept whole end with six digits of their hash, so that two labs that
    begin alike differ.
    """
    plain = f"cr-{lab}"
    if len(plain) <= LONGEST_INTERFACE_NAME:
        return plain
    digest = hashlib.sha256(lab.encode()).hexdigest()[:6]
    return f"{plain[: LONGEST_INTERFACE_NAME - 6]}{digest}"


def render_network(wanted: SeatNetwork) -> dict[str, Any]:
    """Arguments for ``APIClient.create_network``."""
    pool = IPAMPool(subnet=str(wanted.subnet), gateway=str(wanted.gateway))
    return {
        "name": wanted.name,
        "driver": "bridge",
        "check_duplicate": True,
        "enable_ipv6": False,
        "ipam": IPAMConfig(pool_configs=[pool]),
        "labels": {LAB_LABEL: wanted.lab},
        "options": _options(wanted),
    }


def _options(wanted: SeatNetwork) -> dict[str, str]:
    return {
        "com.docker.network.bridge.name": wanted.bridge,
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "true",
    }


def plan_network(
    wanted: SeatNetwork, networks: Sequence[Mapping[str, Any]], routes: Iterable[Route]
) -> NetworkPlan:
    """
    Compare what is there with what should be.

    Args:
        wanted: The network as it should be.
        networks: All networks of the Engine, as its ``GET /networks`` answers.
        routes: The host's routes; those of the network's own bridge do not count.
    """
    there = next((n for n in networks if n["Name"] == wanted.name), None)
    if there is not None:
        problems = tuple(_differences(wanted, there))
        return NetworkPlan(wanted, False, problems, _rebuild(wanted) if problems else "")
    problems = (*_overlapping(wanted, networks), *_in_the_way(wanted, routes))
    remedy = "Set another network.subnet in lab.toml, one that nothing else uses."
    return NetworkPlan(wanted, not problems, problems, remedy if problems else "")


def _rebuild(wanted: SeatNetwork) -> str:
    return f"Stop the lab, run `docker network rm {wanted.name}`, and start the lab again."


def _differences(wanted: SeatNetwork, there: Mapping[str, Any]) -> Iterator[str]:
    pools = there.get("IPAM", {}).get("Config") or [{}]
    options = there.get("Options") or {}
    facts: list[tuple[str, object, object]] = [
        ("driver", there.get("Driver"), "bridge"),
        ("subnet", pools[0].get("Subnet"), str(wanted.subnet)),
        ("gateway", pools[0].get("Gateway"), str(wanted.gateway)),
        ("IPv6", bool(there.get("EnableIPv6")), False),
        (LAB_LABEL, (there.get("Labels") or {}).get(LAB_LABEL), wanted.lab),
    ]
    facts += [(name, options.get(name), value) for name, value in _options(wanted).items()]
    for name, found, expected in facts:
        if found != expected:
            yield f"network {wanted.name}: {name} is {found}, not {expected}"


def _overlapping(wanted: SeatNetwork, networks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for network in networks:
        for pool in network.get("IPAM", {}).get("Config") or []:
            subnet = pool.get("Subnet", "")
            if subnet and ":" not in subnet and wanted.subnet.overlaps(IPv4Network(subnet)):
                yield f"{wanted.subnet} overlaps {subnet} of the Docker network {network['Name']}"


def _in_the_way(wanted: SeatNetwork, routes: Iterable[Route]) -> Iterator[str]:
    for route in routes:
        is_default = route.destination.prefixlen == 0
        if is_default or route.interface == wanted.bridge:
            continue
        if wanted.subnet.overlaps(route.destination):
            yield (
                f"{wanted.subnet} overlaps the host's route to {route.destination}"
                f" by {route.interface}"
            )


def parse_routes(table: str) -> tuple[Route, ...]:
    """
    Read ``/proc/net/route``: a heading, then interface, destination and mask in columns 1, 2, 8.

    Addresses are hexadecimal in the machine's byte order, little-endian on all that we run on.
    Source: https://man7.org/linux/man-pages/man5/proc_net.5.html
    """
    rows = [line.split() for line in table.splitlines()[1:]]
    return tuple(
        Route(row[0], IPv4Network(f"{_address(row[1])}/{_address(row[7])}"))
        for row in rows
        if len(row) > 7
    )


def _address(hexadecimal: str) -> IPv4Address:
    return IPv4Address(int.from_bytes(bytes.fromhex(hexadecimal), "little"))


def read_routes() -> tuple[Route, ...]:
    """The IPv4 routes of this machine."""
    return parse_routes(Path("/proc/net/route").read_text())


def ensure_network(client: APIClient, wanted: SeatNetwork) -> NetworkPlan:
    """
    Make the network, or see that what is there is right; may be repeated.

    Raises:
        BackendError: If something else is in its place; the message says what.
        DockerUnreachable: If the Engine does not answer.
    """
    with errors_as_ours("looking at its networks"):
        networks = client.networks()
    plan = plan_network(wanted, networks, read_routes())
    apply_network(client, plan)
    return plan


def apply_network(client: APIClient, plan: NetworkPlan) -> None:
    """
    Do what *plan* says.

    Raises:
        BackendError: If the plan has problems, or Docker refuses.
    """
    if plan.problems:
        raise BackendError("; ".join(plan.problems) + ".", remedy=plan.remedy)
    if plan.create:
        with errors_as_ours(f"making the network {plan.wanted.name}"):
            client.create_network(**render_network(plan.wanted))
