"""
What a student's code may not do, tried from inside a seat, on a real Engine.

Each probe has a control: the same attempt from a container that should succeed, so that a probe
that could never succeed is not taken for a wall. ``stock`` is a container with Docker's defaults
and the student's user, ``stock-root`` the same as root, ``open`` has
capabilities, no seccomp filter and no masked paths.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.machine.engine import Engine
from tests.real.isolation_lab import (
    ALLOWED,
    CLOSED_BY_RANGE,
    INTERNET,
    LAN_PORT,
    OPEN_SECONDS,
    PORT,
    RESOLVER,
    SHUT_SECONDS,
    Answer,
    Kind,
    Lab,
    default_route_address,
    isolation_lab,
)

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Probe:
    """One attempt; words in braces are looked up in the lab's facts."""

    name: str
    words: tuple[str, ...]
    control: Kind | None = "stock"


NETWORK_PROBES = [
    Probe("neighbour-tcp", ("tcp", "{neighbour}", str(PORT))),
    Probe("neighbour-udp", ("udp", "{neighbour}", str(PORT))),
    Probe("neighbour-arp", ("arp", "{neighbour}")),
    Probe("neighbour-multicast", ("multicast", "224.0.0.251", str(PORT))),
    Probe("gateway-any-port", ("tcp", "{gateway}", "{any-port}")),
    Probe("host-address-any-port", ("tcp", "{host}", "{any-port}")),
    Probe("other-bridge-any-port", ("tcp", "{other-bridge}", "{any-port}")),
    Probe("other-network-hub-port", ("tcp", "{other-gateway}", "8081"), None),
    Probe("proxy-api-on-loopback", ("tcp", "{gateway}", "{loopback-port}"), None),
    Probe("docker-tcp", ("tcp", "{gateway}", "2375"), None),
    Probe("docker-socket", ("unix_socket", "/var/run/docker.sock"), None),
    *(
        Probe(f"closed-{name}", ("tcp", address, str(LAN_PORT)))
        for name, address in CLOSED_BY_RANGE.items()
    ),
    Probe("closed-metadata-http", ("tcp", CLOSED_BY_RANGE["metadata"], "80")),
    Probe("closed-udp", ("udp", CLOSED_BY_RANGE["private-10"], str(LAN_PORT))),
    Probe("resolver-other-port", ("tcp", RESOLVER, str(LAN_PORT))),
]

RIGHTS_PROBES = [
    Probe("raw-socket", ("raw_socket",), "stock-root"),
    Probe("packet-socket", ("packet_socket",), "stock-root"),
    Probe("mount", ("mount",), "open"),
    Probe("user-namespace", ("user_namespace",), "open"),
    Probe("setuid-program", ("setuid_program", "/usr/local/bin/id-setuid")),
    Probe("capabilities", ("capabilities",)),
    Probe("mknod", ("mknod", "c", "1", "3"), "open"),
    Probe("mknod-memory", ("mknod", "c", "1", "1"), None),
    Probe("mknod-gpu", ("mknod", "c", "195", "255"), None),
    Probe("device-kmsg", ("open_device", "/dev/kmsg"), "open"),
    Probe("device-memory", ("open_device", "/dev/mem"), None),
    Probe("device-loop", ("open_device", "/dev/loop-control"), None),
    Probe("proc-sys", ("write_file", "/proc/sys/kernel/hostname", "probed"), "open"),
    Probe("cgroup", ("make_cgroup",), None),
    Probe("dmesg", ("dmesg",), "open"),
    Probe("keyring", ("keyring",), "open"),
    Probe("bpf", ("bpf",), "open"),
    Probe("perf", ("perf",), "open"),
    Probe("chroot", ("chroot",), "stock-root"),
    Probe("set-clock", ("set_clock",), None),
    Probe("hostname", ("hostname",), "open"),
    Probe("niceness", ("low_niceness",), "open"),
    Probe("spare-from-oom", ("spare_from_oom",), None),
    Probe("other-processes", ("other_processes",), None),
    Probe("core-file", ("core_file",)),
    Probe("gpus-by-image", ("gpus_by_environment",)),
    Probe("write-etc", ("create_in", "/etc"), "stock-root"),
    Probe("write-usr", ("create_in", "/usr/local/bin"), "stock-root"),
]

PROBES = NETWORK_PROBES + RIGHTS_PROBES
CONTROLLED = [probe for probe in PROBES if probe.control is not None]

REACHABLE = [
    Probe("hub-api", ("tcp", "{gateway}", "8081")),
    Probe("allowed-address", ("tcp", ALLOWED, str(LAN_PORT))),
    Probe("internet", ("tcp", INTERNET, str(LAN_PORT))),
    Probe("internet-udp", ("udp", INTERNET, str(LAN_PORT))),
    Probe("resolver-udp", ("udp", RESOLVER, "53")),
    Probe("resolver-tcp", ("tcp", RESOLVER, "53")),
]

by_name = pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)


def words(probe: Probe, lab: Lab, kind: Kind) -> list[str]:
    """The probe as it reads from a container of *kind*."""
    seat = kind == "seat"
    gateway = lab.facts["gateway" if seat else "stock-gateway"]
    here = {
        "neighbour": lab.facts["seat-neighbour" if seat else "stock-neighbour"],
        "gateway": gateway,
        "other-gateway": lab.facts["stock-gateway" if seat else "gateway"],
        "host": default_route_address(),
        "other-bridge": lab.facts["stock-gateway" if seat else "gateway"],
    }
    return [word.format(**(lab.facts | here)) for word in probe.words]


@pytest.fixture(scope="module")
def lab(root: None, docker_engine: Engine, base_image: str) -> Iterator[Lab]:
    """One lab for all probes."""
    with isolation_lab(docker_engine, base_image) as made:
        yield made


@pytest.fixture(scope="module")
def from_seat(lab: Lab) -> dict[str, Answer]:
    """What every probe brought back from one seat."""
    found: dict[str, Answer] = {}
    for probes, patience in ((PROBES, SHUT_SECONDS), (REACHABLE, OPEN_SECONDS)):
        asked = [words(probe, lab, "seat") for probe in probes]
        answers = lab.answers("seat", asked, patience=patience)
        found |= {probe.name: answer for probe, answer in zip(probes, answers, strict=True)}
    return found


@pytest.fixture(scope="module")
def from_control(lab: Lab) -> dict[str, Answer]:
    """What every probe brought back from where it should succeed."""
    found: dict[str, Answer] = {}
    for kind in ("stock", "stock-root", "open"):
        probes = [probe for probe in CONTROLLED if probe.control == kind]
        answers = lab.answers(kind, [words(probe, lab, kind) for probe in probes])
        found |= {probe.name: answer for probe, answer in zip(probes, answers, strict=True)}
    return found


@by_name
def test_a_seat_cannot(probe: Probe, from_seat: dict[str, Answer]) -> None:
    """The attempt fails from inside a seat."""
    assert not from_seat[probe.name].reached, from_seat[probe.name].detail


@pytest.mark.parametrize("probe", CONTROLLED, ids=lambda probe: probe.name)
def test_the_probe_can_succeed(probe: Probe, from_control: dict[str, Answer]) -> None:
    """The same attempt succeeds where nothing stops it, so its failure in a seat says something."""
    assert from_control[probe.name].reached, from_control[probe.name].detail


@pytest.mark.parametrize("probe", REACHABLE, ids=lambda probe: probe.name)
def test_a_seat_can(probe: Probe, from_seat: dict[str, Answer]) -> None:
    """What a seat needs is open: the hub's API, names, the internet, and what the admin allows."""
    assert from_seat[probe.name].reached, from_seat[probe.name].detail


def test_the_host_reaches_a_seat(lab: Lab) -> None:
    """The proxy, which runs on the host, connects to a seat's own address."""
    with socket.create_connection((lab.facts["seat-neighbour"], PORT), timeout=60) as connection:
        assert connection.recv(16) == b"neighbour"


def test_the_service_on_loopback_answers_the_host(lab: Lab) -> None:
    """The stand-in for the proxy's API is there, or its being unreachable would say nothing."""
    port = int(lab.facts["loopback-port"])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        assert connection.recv(16) == b"host"
