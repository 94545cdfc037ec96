"""A seat network with its guard, a stock network beside it, and things worth attacking."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Literal

import docker
from docker import APIClient
from docker.errors import NotFound
from docker.types import IPAMConfig, IPAMPool

from crepre_hub.backends.docker.container import (
    MiB,
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)
from crepre_hub.backends.docker.guard import Guard, ensure_guard
from crepre_hub.backends.docker.guard_rules import Reach
from crepre_hub.backends.docker.guard_state import wait_until_in_force
from crepre_hub.backends.docker.network import SeatNetwork, ensure_network, seat_network
from crepre_hub.ops.docker_cli import find_docker_client
from crepre_hub.ops.images import build_image
from tests.machine.engine import Engine
from tests.machine.fixtures import absent
from tests.machine.guard_removal import remove_guard

ROOT = Path(__file__).parents[2]
PROBE = Path(__file__).with_name("isolation_probe.py").read_text()
LAB = f"iso{secrets.token_hex(2)}"
GUARD_IMAGE = "crepre-test/guard"
PROBE_IMAGE = "crepre-test/probe"
SUBNET = IPv4Network("10.201.77.0/24")
STOCK_SUBNET = "10.204.77.0/24"
PORT = 8888

LAN_PORT = 7777
CLOSED_BY_RANGE = {
    "metadata": "169.254.169.254",
    "private-10": "10.202.66.2",
    "private-172": "172.16.233.66",
    "private-192": "192.168.233.66",
    "carrier-100": "100.127.233.66",
}
ALLOWED = "10.202.66.3"
RESOLVER = "10.202.66.53"
INTERNET = "198.51.100.66"
"""Documentation addresses stand for the internet: no test leaves this machine."""

PROBE_DOCKERFILE = """\
ARG BASE
FROM ${BASE}
RUN --mount=type=secret,id=ca set -eu; \\
    if [ -s /run/secrets/ca ]; then \\
        echo 'Acquire::https::CAInfo "/run/secrets/ca";' > /etc/apt/apt.conf.d/99build-ca; \\
    fi; \\
    apt-get update; apt-get install --yes --no-install-recommends python3; \\
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/apt/apt.conf.d/99build-ca
RUN useradd --uid 1000 --create-home student \\
    && cp /usr/bin/id /usr/local/bin/id-setuid && chmod 4755 /usr/local/bin/id-setuid
ENV NVIDIA_VISIBLE_DEVICES=all
"""

SHUT_SECONDS, OPEN_SECONDS = 3, 30
"""How long a probe waits for an answer that should not come, and for one that should."""

Kind = Literal["seat", "stock", "stock-root", "open"]


@dataclass(frozen=True)
class Answer:
    """What a probe brought back."""

    reached: bool
    detail: str


@dataclass
class Lab:
    """Everything a probe needs; made by ``isolation_lab``."""

    client: APIClient
    network: SeatNetwork
    guard: Guard
    limits: SeatLimits
    facts: dict[str, str]

    def start(
        self, kind: Kind, probes: Sequence[Sequence[str]], *, patience: int = 0, **changes: Any
    ) -> str:
        """
        Start a container of *kind* that runs *probes*; returns its id.

        Args:
            patience: Seconds until the network counts as shut; by itself few in a seat, where most
                probes should end so, and many where they should get through.
            changes: Of the container's own settings.
        """
        patience = patience or (SHUT_SECONDS if kind == "seat" else OPEN_SECONDS)
        command = ["python3", "-c", PROBE, json.dumps(probes), str(patience)]
        if kind == "seat":
            labels = SeatLabels(LAB, "ada", "", "ml-101", "cpu")
            wanted = render_container(PROBE_IMAGE, labels, {}) | {"command": command}
            settings = render_host_config(self.limits, self.network.name)
        else:
            wanted = {"image": PROBE_IMAGE, "command": command, "labels": {"crepre.lab": LAB}}
            wanted["user"] = "1000:1000" if kind == "stock" else "0:0"
            settings = {"network_mode": f"{LAB}-stock"}
        if kind == "open":
            settings |= {
                "cap_add": ["SYS_ADMIN", "SYS_PTRACE", "SYS_NICE", "SYSLOG"],
                "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
                "devices": ["/dev/kmsg:/dev/kmsg:r"],
            }
        settings |= changes
        host_config = self.client.create_host_config(**settings)
        if kind == "open":
            host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
        made = self.client.create_container(host_config=host_config, **wanted)
        self.client.start(made["Id"])
        return str(made["Id"])

    def answers(self, kind: Kind, probes: Sequence[Sequence[str]], **changes: Any) -> list[Answer]:
        """What each of *probes* brought back from a container of *kind*."""
        with self.running(kind, probes, **changes) as container:
            self.client.wait(container, timeout=240)
            lines = self.log(container).splitlines()
        return [Answer(*json.loads(line)) for line in lines if line.startswith("[")]

    def answer(self, kind: Kind, *probe: str, **changes: Any) -> Answer:
        """What one probe brought back; ``not reached`` where the container was killed first."""
        found = self.answers(kind, [probe], **changes)
        return found[0] if found else Answer(False, "killed")

    @contextmanager
    def running(self, kind: Kind, probes: Sequence[Sequence[str]], **changes: Any) -> Iterator[str]:
        """A container of *kind*, removed at the end."""
        container = self.start(kind, probes, **changes)
        try:
            yield container
        finally:
            self.client.remove_container(container, force=True)

    def log(self, container: str) -> str:
        """All that the container printed."""
        return str(self.client.logs(container).decode(errors="replace"))

    def address(self, container: str) -> str:
        """The container's address on its only network."""
        networks = self.client.inspect_container(container)["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])

    def wait_ready(self, container: str) -> None:
        """Until the container says so; at most a minute."""
        deadline = time.monotonic() + 60
        while "ready" not in self.log(container):
            assert time.monotonic() < deadline, self.log(container)
            time.sleep(0.1)


def build_probe(base: str) -> None:
    """Build the probes' image on *base*, as the course's images are built."""
    client = find_docker_client(os.environ)
    bundle = os.environ.get("SSL_CERT_FILE", "")
    secret = ["--secret", f"id=ca,src={bundle}"] if bundle else []
    base_given = ["--build-arg", f"BASE={base}"]
    subprocess.run(
        [client.path, "build", "--quiet", "--tag", PROBE_IMAGE, *base_given, *secret, "-"],
        check=True,
        input=PROBE_DOCKERFILE,
        text=True,
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
    )


@contextmanager
def listener(address: str, port: int = 0) -> Iterator[int]:
    """A server on the host that greets who connects; yields its port."""
    with closing(socket.create_server((address, port), backlog=256)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread; closing alone would not


def _greet(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"host")
        except OSError:
            return


LAN_SERVER = """
import socket, sys, threading
def datagrams(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, port))
        while True:
            _, sender = s.recvfrom(512)
            s.sendto(b"lan", sender)
def streams(port):
    with socket.create_server(("", port), backlog=256) as s:
        while True:
            c, _ = s.accept()
            c.sendall(b"lan")
            c.close()
for port in (53, 80, 7777):
    threading.Thread(target=streams, args=(port,)).start()
    for address in sys.argv[1:]:
        threading.Thread(target=datagrams, args=(address, port)).start()
print("ready", flush=True)
"""


@contextmanager
def lan() -> Iterator[None]:
    """
    Other machines, in a network namespace of their own behind the host.

    They answer at a metadata address, at private and carrier addresses, as a resolver, and as
    "the internet".
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        absent("network namespace: needs root and iproute2")
    addresses = [*CLOSED_BY_RANGE.values(), ALLOWED, RESOLVER, INTERNET]
    space, near, far = f"{LAB}-lan", "gwlan0", "gwlan1"
    inside = ["ip", "-n", space]
    commands = [
        ["ip", "netns", "add", space],
        ["ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", space],
        ["ip", "addr", "add", "198.18.233.1/30", "dev", near],
        ["ip", "link", "set", near, "up"],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "addr", "add", "198.18.233.2/30", "dev", far],
        [*inside, "link", "set", far, "up"],
        [*inside, "route", "add", "default", "via", "198.18.233.1"],
        *([*inside, "addr", "add", f"{address}/32", "dev", "lo"] for address in addresses),
        *(["ip", "route", "add", f"{address}/32", "via", "198.18.233.2"] for address in addresses),
    ]
    with ExitStack() as undo:
        undo.callback(subprocess.run, ["ip", "netns", "delete", space], check=False)
        # By name: with its network alone it would go a while later, in the next one's way.
        undo.callback(subprocess.run, ["ip", "link", "delete", near], check=False)
        for command in commands:
            subprocess.run(command, check=True)
        server = subprocess.Popen(
            ["ip", "netns", "exec", space, "python3", "-c", LAN_SERVER, *addresses],
            stdout=subprocess.PIPE,
        )
        undo.callback(server.wait)
        undo.callback(server.kill)
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield
        server.stdout.close()


def default_route_address() -> str:
    """The host's own address towards the internet; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as looking:
        looking.connect(("192.0.2.1", 9))
        return str(looking.getsockname()[0])


@contextmanager
def isolation_lab(engine: Engine, base: str) -> Iterator[Lab]:
    """
    The seat network with its guard, and a stock network; each with a neighbour that listens.

    On the host: a service on all addresses, one on loopback, and the hub's API on the gateway.
    """
    client = docker.APIClient(base_url=engine.url)
    build_image("guard", base=base, tag=f"{GUARD_IMAGE}:latest", on_step=lambda step: None)
    build_probe(base)
    network = seat_network(LAB, SUBNET)
    reach = Reach(
        allow=(IPv4Network(ALLOWED),),
        resolvers=(IPv4Address(RESOLVER),),
    )
    guard = Guard(f"{GUARD_IMAGE}:latest", network, reach)
    with ExitStack() as undo:
        undo.callback(_remove_leftovers, client)
        _remove_leftovers(client)
        ensure_network(client, network)
        undo.callback(remove_guard, client, guard)
        ensure_guard(client, guard)
        wait_until_in_force(client, guard)
        client.create_network(
            f"{LAB}-stock",
            driver="bridge",
            labels={"crepre.lab": LAB},
            ipam=IPAMConfig(pool_configs=[IPAMPool(STOCK_SUBNET, gateway="10.204.77.1")]),
        )
        lab = Lab(client, network, guard, SeatLimits(1.0, 256 * MiB, processes=100), {})
        undo.enter_context(lan())
        lab.facts |= {
            "gateway": str(network.gateway),
            "stock-gateway": _gateway(client, f"{LAB}-stock"),
            "any-port": str(undo.enter_context(listener("0.0.0.0"))),
            "loopback-port": str(undo.enter_context(listener("127.0.0.1"))),
        }
        undo.enter_context(listener(lab.facts["gateway"], guard.hub_port))
        undo.enter_context(listener(lab.facts["stock-gateway"], guard.hub_port))
        for kind in ("seat", "stock"):
            container = undo.enter_context(lab.running(kind, [["neighbour", str(PORT)]]))
            lab.wait_ready(container)
            found = client.inspect_container(container)
            lab.facts |= {
                f"{kind}-neighbour": lab.address(container),
                f"{kind}-neighbour-name": found["Name"].removeprefix("/"),
                f"{kind}-neighbour-id": container,
            }
        yield lab


def _gateway(client: APIClient, network: str) -> str:
    return str(client.inspect_network(network)["IPAM"]["Config"][0]["Gateway"])


def _remove_leftovers(client: APIClient) -> None:
    mine = {"label": f"crepre.lab={LAB}"}
    for container in client.containers(all=True, filters=mine):
        client.remove_container(container["Id"], force=True)
    for name in (f"{LAB}-stock", f"{LAB}-seats"):
        try:
            client.remove_network(name)
        except NotFound:
            continue
