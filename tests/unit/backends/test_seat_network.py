"""The seat network: what it should be, what is in its way, and how Docker is asked for it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from crepre_hub.backends.docker.network import (
    Route,
    bridge_name,
    parse_routes,
    plan_network,
    render_network,
    seat_network,
)

WANTED = seat_network("lab")


def as_docker_has_it(**changes: Any) -> dict[str, Any]:
    """The wanted network as ``GET /networks`` lists it, but for *changes*."""
    rendered = render_network(WANTED)
    return {
        "Name": rendered["name"],
        "Driver": rendered["driver"],
        "EnableIPv6": rendered["enable_ipv6"],
        "IPAM": {"Config": [{"Subnet": "10.231.0.0/20", "Gateway": "10.231.0.1"}]},
        "Options": rendered["options"],
        "Labels": rendered["labels"],
    } | changes


def test_a_lab_has_one_network() -> None:
    """Name, addresses and interface follow from the lab's name."""
    assert WANTED.name == "lab-seats"
    assert WANTED.subnet == IPv4Network("10.231.0.0/20")
    assert WANTED.gateway == IPv4Address("10.231.0.1")
    assert WANTED.bridge == "cr-lab"


@pytest.mark.parametrize(
    ("lab", "expected"),
    [
        ("lab", "cr-lab"),
        ("twelve-chars", "cr-twelve-chars"),
        ("machine-learning-2026", "cr-machin3a89da"),
        ("machine-learning-2027", "cr-machin6c9181"),
    ],
)
def test_interface_names_are_stable(lab: str, expected: str) -> None:
    """Interface names fit into 15 characters, differ between labs, and never change."""
    assert bridge_name(lab) == expected


def test_seats_do_not_talk_on_their_bridge() -> None:
    """The network has no traffic between containers, no IPv6, and a bridge with a fixed name."""
    assert render_network(WANTED)["enable_ipv6"] is False
    assert render_network(WANTED)["options"] == {
        "com.docker.network.bridge.name": "cr-lab",
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "true",
    }


def test_a_missing_network_is_made() -> None:
    """Where nothing is in the way, the plan is to make it."""
    plan = plan_network(WANTED, [], [Route("eth0", IPv4Network("0.0.0.0/0"))])
    assert plan.create
    assert not plan.problems


def test_the_right_network_is_kept() -> None:
    """What is there and right is left alone, and its own route is not in its way."""
    plan = plan_network(WANTED, [as_docker_has_it()], [Route("cr-lab", WANTED.subnet)])
    assert not plan.create
    assert not plan.problems


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Driver": "macvlan"}, "driver is macvlan"),
        ({"EnableIPv6": True}, "IPv6 is True"),
        ({"Labels": {}}, "crepre.lab is None"),
        ({"Labels": {"crepre.lab": "other"}}, "crepre.lab is other"),
        ({"Options": {}}, "enable_icc is None"),
        ({"IPAM": {"Config": None}}, "subnet is None"),
        ({"IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}}, "subnet is 10.9.0.0/24"),
    ],
)
def test_a_wrong_network_is_never_used(changes: dict[str, Any], word: str) -> None:
    """A network of the right name that is not as it should be is a problem, with its remedy."""
    plan = plan_network(WANTED, [as_docker_has_it(**changes)], [])
    assert not plan.create
    assert any(word in problem for problem in plan.problems)
    assert "docker network rm lab-seats" in plan.remedy


def test_addresses_that_docker_uses_are_named() -> None:
    """An overlap with another Docker network says with which; IPv6 does not count."""
    others = [
        {"Name": "host", "IPAM": {"Config": None}},
        {"Name": "six", "IPAM": {"Config": [{"Subnet": "fd00::/64"}]}},
        {"Name": "wide", "IPAM": {"Config": [{"Subnet": "10.224.0.0/12"}]}},
    ]
    plan = plan_network(WANTED, others, [])
    assert plan.problems == ("10.231.0.0/20 overlaps 10.224.0.0/12 of the Docker network wide",)
    assert "network.subnet" in plan.remedy


def test_addresses_that_the_host_uses_are_named() -> None:
    """An overlap with a route of the host, such as a VPN's, says with which."""
    plan = plan_network(WANTED, [], [Route("tun0", IPv4Network("10.0.0.0/8"))])
    assert plan.problems == ("10.231.0.0/20 overlaps the host's route to 10.0.0.0/8 by tun0",)


def test_the_kernels_routes_are_read() -> None:
    """Destinations and masks are hexadecimal, lowest byte first; short lines are not routes."""
    table = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "\n"
    )
    assert parse_routes(table) == (
        Route("eth0", IPv4Network("0.0.0.0/0")),
        Route("docker0", IPv4Network("172.17.0.0/16")),
    )
