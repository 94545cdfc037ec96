"""The guard's life: made, replaced, disturbed, stopped, removed; on a real Engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from docker.types import IPAMConfig, IPAMPool

from crepre_hub.backends.docker.guard import (
    ensure_guard,
    render_guard_host_config,
)
from crepre_hub.backends.docker.guard_rules import Reach
from crepre_hub.backends.docker.guard_state import (
    ensure_seats_guarded,
    guard_state,
    wait_until_in_force,
)
from crepre_hub.backends.docker.network import bridge_name, ensure_network, seat_network
from crepre_hub.errors import BackendError, ImageMissing
from tests.machine.engine import Engine
from tests.machine.fixtures import absent
from tests.machine.guard_removal import remove_guard
from tests.real.isolation_lab import (
    ALLOWED,
    GUARD_IMAGE,
    INTERNET,
    LAB,
    LAN_PORT,
    PORT,
    RESOLVER,
    SUBNET,
    Kind,
    Lab,
    isolation_lab,
)

pytestmark = pytest.mark.timeout(300)

SIX = {"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0"}


@pytest.fixture(scope="module")
def lab(root: None, docker_engine: Engine, base_image: str) -> Iterator[Lab]:
    """One lab for all; each test leaves its guard in force."""
    with isolation_lab(docker_engine, base_image) as made:
        yield made


@pytest.fixture(autouse=True)
def in_force(lab: Lab) -> Iterator[None]:
    """The lab's own guard, whatever the test did to it."""
    yield
    ensure_guard(lab.client, lab.guard)
    wait_until_in_force(lab.client, lab.guard)


def in_guard_image(lab: Lab, *command: str) -> tuple[int, str]:
    """Run *command* as the host's administrator would, in the host's network."""
    host_config = lab.client.create_host_config(
        **render_guard_host_config() | {"restart_policy": {"Name": "no"}}
    )
    made = lab.client.create_container(
        GUARD_IMAGE,
        entrypoint=list(command),
        host_config=host_config,
        labels={"crepre.lab": LAB},
        environment={"GUARD_TABLE": lab.guard.rules.table},
    )["Id"]
    try:
        lab.client.start(made)
        return lab.client.wait(made)["StatusCode"], lab.log(made)
    finally:
        lab.client.remove_container(made, force=True)


def test_the_guard_says_how_seats_are_parted(lab: Lab) -> None:
    """In force, the guard names the best way this kernel offers, and no problem."""
    state = guard_state(lab.client, lab.guard)
    assert state.problem == ""
    assert state.parted in {"bridge", "address"}


def test_ensuring_again_changes_nothing(lab: Lab) -> None:
    """A guard that is right is left as it is."""
    before = lab.client.inspect_container(lab.guard.name)["Id"]
    ensure_guard(lab.client, lab.guard)
    assert lab.client.inspect_container(lab.guard.name)["Id"] == before


def test_docker_sees_the_guard_healthy(lab: Lab) -> None:
    """Docker's own health check turns true, and with it the gate needs no question."""
    deadline = time.monotonic() + 90
    while lab.client.inspect_container(lab.guard.name)["State"]["Health"]["Status"] != "healthy":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    ensure_seats_guarded(lab.client, lab.guard)


def test_no_open_moment_while_the_guard_is_replaced(lab: Lab) -> None:
    """A seat that tries all the time never gets through while its guard is replaced three times."""
    trying = ["keep_trying", lab.facts["gateway"], lab.facts["any-port"], "6"]
    with lab.running("seat", [trying]) as seat:
        for port in (9001, 9002, 9003):
            ensure_guard(lab.client, replace(lab.guard, hub_port=port))
            wait_until_in_force(lab.client, replace(lab.guard, hub_port=port))
        lab.client.wait(seat, timeout=60)
        assert lab.log(seat).startswith("[false"), lab.log(seat)


def test_the_trying_would_have_got_through(lab: Lab) -> None:
    """The same attempts from a stock container succeed at once."""
    trying = ["keep_trying", lab.facts["stock-gateway"], lab.facts["any-port"], "6"]
    assert lab.answer("stock", *trying).reached


def test_a_stopped_guard_leaves_its_rules(lab: Lab) -> None:
    """Seats that run stay walled in when the guard stops; new ones may not start."""
    lab.client.stop(lab.guard.name, timeout=5)
    with pytest.raises(BackendError, match="does not run"):
        ensure_seats_guarded(lab.client, lab.guard)
    assert not lab.answer("seat", "tcp", lab.facts["gateway"], lab.facts["any-port"]).reached


def test_a_guard_that_stops_is_quick_about_it(lab: Lab) -> None:
    """The guard answers a polite stop, so that a shutdown does not wait for it."""
    lab.client.stop(lab.guard.name, timeout=60)
    ended = lab.client.inspect_container(lab.guard.name)["State"]["ExitCode"]
    assert ended == 0, "it was killed, for it had not ended by itself"


@pytest.mark.parametrize(
    "disturbance",
    [
        ("delete", "table", "inet"),
        ("delete", "table", "bridge"),
        ("flush", "chain", "inet", "to_host"),
        ("insert", "rule", "inet", "outward", "accept"),
    ],
    ids=" ".join,
)
def test_rules_that_were_touched_come_back(lab: Lab, disturbance: tuple[str, ...]) -> None:
    """Whatever somebody does to the tables, the guard sees it and puts the rules back."""
    verb, what, family, *rest = disturbance
    said = lab.log(lab.guard.name).count("were touched")
    code, words = in_guard_image(lab, "nft", verb, what, family, lab.guard.rules.table, *rest)
    assert code == 0, words
    deadline = time.monotonic() + 90
    while lab.log(lab.guard.name).count("were touched") == said:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    wait_until_in_force(lab.client, lab.guard)
    assert not lab.answer("seat", "tcp", lab.facts["gateway"], lab.facts["any-port"]).reached


def test_the_hosts_own_nft_still_lists(lab: Lab) -> None:
    """What the guard writes is readable to the host's nft, years older than the guard's."""
    nft = shutil.which("nft")
    if nft is None or os.geteuid() != 0:
        absent("nft on the host: needs nftables and root")
    for family in ("inet", "bridge"):
        listed = subprocess.run(
            [nft, "list", "table", family, lab.guard.rules.table],
            capture_output=True,
            text=True,
            check=False,
        )
        assert listed.returncode == 0, f"{family}: {listed.returncode} {listed.stderr}"
        assert lab.guard.rules.table in listed.stdout


def test_a_check_without_rules_is_false(lab: Lab) -> None:
    """The health check of a guard that never loaded its rules fails."""
    code, words = in_guard_image(lab, "guard", "check")
    assert code == 1
    assert "not in force" in words


def test_without_a_guard_no_seat_starts(lab: Lab) -> None:
    """Where the guard is gone, its rules too, the gate is shut and says what to type."""
    remove_guard(lab.client, lab.guard)
    with pytest.raises(BackendError, match="does not exist") as refused:
        ensure_seats_guarded(lab.client, lab.guard)
    assert refused.value.remedy == "Run `crepre up` again."
    code, _ = in_guard_image(lab, "nft", "list", "table", "inet", lab.guard.rules.table)
    assert code == 1


def test_the_rules_are_what_stops_a_seat(lab: Lab) -> None:
    """Without the guard a seat does reach the host's services, so it is the guard that stops it."""
    remove_guard(lab.client, lab.guard)
    assert lab.answer("seat", "tcp", lab.facts["gateway"], lab.facts["any-port"]).reached


def test_a_guard_with_other_rules_does_not_count(lab: Lab) -> None:
    """After the settings changed, seats wait until the new rules are in force."""
    stricter = replace(lab.guard, reach=Reach(internet=False))
    with pytest.raises(BackendError, match="other rules"):
        ensure_seats_guarded(lab.client, stricter)


def test_rules_that_the_kernel_refuses(lab: Lab) -> None:
    """A guard whose rules do not load says so in the kernel's words, and seats may not start."""
    impossible = replace(lab.guard, hub_port=99999)
    ensure_guard(lab.client, impossible)
    deadline = time.monotonic() + 90
    while "99999" not in (problem := guard_state(lab.client, impossible).problem):
        assert problem  # in whatever state it is between two tries, it is never in force
        assert time.monotonic() < deadline, problem
        time.sleep(0.1)
    with pytest.raises(BackendError):
        wait_until_in_force(lab.client, impossible, seconds=0)
    with pytest.raises(BackendError):
        ensure_seats_guarded(lab.client, impossible)
    assert not lab.answer("seat", "tcp", lab.facts["gateway"], lab.facts["any-port"]).reached


def test_a_missing_image_is_named(lab: Lab) -> None:
    """Without its image the guard cannot be made; the remedy builds it."""
    with pytest.raises(ImageMissing, match="no-such-guard"):
        ensure_guard(lab.client, replace(lab.guard, image=f"{LAB}/no-such-guard"))


def test_an_interrupted_replacement_is_finished(lab: Lab) -> None:
    """What a crash left of a replacement is no obstacle for the next one."""
    lab.client.create_container(
        GUARD_IMAGE, name=f"{lab.guard.name}-next", labels={"crepre.lab": LAB}
    )
    lab.client.remove_container(lab.guard.name, force=True)
    ensure_guard(lab.client, lab.guard)
    assert wait_until_in_force(lab.client, lab.guard).problem == ""


@pytest.mark.parametrize(
    ("probe", "reached"),
    [
        (("tcp", INTERNET, str(LAN_PORT)), False),
        (("udp", RESOLVER, "53"), False),
        (("tcp", ALLOWED, str(LAN_PORT)), True),
    ],
    ids=["internet", "resolver", "allowed"],
)
def test_a_lab_without_the_internet(lab: Lab, probe: tuple[str, ...], reached: bool) -> None:
    """A closed lab keeps the hub and what the admin allowed, and nothing else."""
    closed = replace(lab.guard, reach=replace(lab.guard.reach, internet=False))
    ensure_guard(lab.client, closed)
    wait_until_in_force(lab.client, closed)
    assert lab.answer("seat", *probe).reached is reached
    assert lab.answer("seat", "tcp", lab.facts["gateway"], "8081").reached


def test_a_denied_public_address(lab: Lab) -> None:
    """Public addresses that the admin closes, such as the institution's own, are closed."""
    denying = replace(lab.guard, reach=Reach(deny=(IPv4Network(f"{INTERNET}/32"),)))
    ensure_guard(lab.client, denying)
    wait_until_in_force(lab.client, denying)
    assert not lab.answer("seat", "tcp", INTERNET, str(LAN_PORT)).reached


def test_a_withdrawn_permission(lab: Lab) -> None:
    """An address that the admin no longer allows is closed as soon as the rules are replaced."""
    asking = ("tcp", ALLOWED, str(LAN_PORT))
    assert lab.answer("seat", *asking).reached
    without = replace(lab.guard, reach=Reach())
    ensure_guard(lab.client, without)
    wait_until_in_force(lab.client, without)
    assert not lab.answer("seat", *asking).reached


@contextmanager
def neighbour_with_ipv6(lab: Lab, kind: Kind) -> Iterator[str]:
    """The link-local address of a container of *kind* that has IPv6 switched on."""
    with lab.running(kind, [["neighbour", str(PORT)]], sysctls=SIX) as container:
        lab.wait_ready(container)
        found = next((line for line in lab.log(container).splitlines() if "eth0" in line), "")
        if not found:
            pytest.skip("IPv6 between containers: this Engine keeps it off on the interface")
        digits = found.split()[0]
        yield ":".join(digits[i : i + 4] for i in range(0, 32, 4))


@pytest.mark.parametrize(("kind", "reached"), [("seat", False), ("stock", True)])
def test_ipv6_between_seats(lab: Lab, kind: Kind, reached: bool) -> None:
    """Even where a container has IPv6, its link-local address does not lead to a neighbour."""
    with neighbour_with_ipv6(lab, kind) as address:
        answer = lab.answer(kind, "tcp_link_local", address, str(PORT), sysctls=SIX)
        assert answer.reached is reached, answer.detail


def test_the_network_is_made_once(lab: Lab) -> None:
    """Ensuring the network again leaves it, and everything on it, as it is."""
    before = lab.client.inspect_network(lab.network.name)["Id"]
    assert not ensure_network(lab.client, lab.network).create
    assert lab.client.inspect_network(lab.network.name)["Id"] == before


def test_the_bridge_has_the_name_of_the_rules(lab: Lab) -> None:
    """The interface that the rules name is there, with the gateway's address."""
    shown = subprocess.run(
        ["ip", "-4", "addr", "show", bridge_name(LAB)], capture_output=True, text=True, check=True
    )
    assert f"inet {lab.network.gateway}/24" in shown.stdout


def test_an_overlapping_network_is_named(lab: Lab) -> None:
    """Addresses that another network has are not taken; the message says whose they are."""
    wanted = seat_network(f"{LAB}-2", IPv4Network("10.201.77.128/25"))
    with pytest.raises(BackendError, match=f"overlaps {SUBNET} of the Docker network {LAB}-seats"):
        ensure_network(lab.client, wanted)


def test_a_route_in_the_way_is_named(lab: Lab) -> None:
    """Addresses that the host has a route to are not taken; the message says by which interface."""
    wanted = seat_network(f"{LAB}-2", IPv4Network("10.202.66.0/24"))
    with pytest.raises(BackendError, match="host's route to 10.202.66.2/32 by gwlan0"):
        ensure_network(lab.client, wanted)


def test_a_network_somebody_else_made(lab: Lab) -> None:
    """A network of our name with traffic between containers is not used."""
    name = f"{LAB}-3-seats"
    pool = IPAMPool(subnet="10.203.77.0/24", gateway="10.203.77.1")
    lab.client.create_network(name, driver="bridge", ipam=IPAMConfig(pool_configs=[pool]))
    try:
        with pytest.raises(BackendError, match="enable_icc is None") as refused:
            ensure_network(lab.client, seat_network(f"{LAB}-3", IPv4Network("10.203.77.0/24")))
        assert f"docker network rm {name}" in refused.value.remedy
    finally:
        lab.client.remove_network(name)
