"""The run: every peer in turn, round after round, with meters before and after."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from time import process_time
from typing import Literal

import docker
import docker.errors

from bench.meters import (
    MachineTime,
    container_cpu_seconds,
    container_memory_mib,
    cpu_seconds,
    machine_time,
    memory_pss_mib,
    named,
    tree,
)
from bench.peers import Peer
from bench.visitor import NotReadyError, Visitor

Kind = Literal["one", "many"]

SETTLE_SECONDS = 1.0
"""Between one peer's servers being gone and the next click."""

IDLE_SECONDS = 3.0
"""From the last server being ready to the reading of their memory."""

ENGINE = ("dockerd", "containerd")


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How much is measured.

    Attributes:
        ones: Rounds of one student alone.
        manies: Rounds of all students at once.
        students: How many they are.
        timeout: In seconds; also what a failed start counts as.
    """

    ones: int
    manies: int
    students: int
    timeout: float


@dataclass(frozen=True, slots=True)
class Sample:
    """
    One peer in one round. Seconds are wall time from the click, unless they say CPU.

    Attributes:
        seconds: One for each student, a failed start counted as the timeout.
        failures: What was said about those that failed.
        lab_cpu: CPU-seconds of the lab's processes: hub, proxy and helpers.
        seats_cpu: CPU-seconds in the containers.
        engine_cpu: CPU-seconds of the Docker Engine, whoever it worked for.
        client_cpu: CPU-seconds of the benchmark itself.
        machine: CPU-seconds of the whole machine.
        seat_memory_mib: Of each container a moment after the last was ready, page cache left out.
        hub_memory_mib: Of the hub's process (PSS), with those servers running.
        load: The machine's load average over the last minute, before the click.
    """

    peer: str
    kind: Kind
    round: int
    seconds: tuple[float, ...]
    failures: tuple[str, ...]
    lab_cpu: float
    seats_cpu: float
    engine_cpu: float
    client_cpu: float
    machine: MachineTime
    seat_memory_mib: tuple[float, ...]
    hub_memory_mib: float
    load: float


@dataclass(frozen=True, slots=True)
class _Work:
    """Meters that only count up."""

    lab: float
    engine: float
    client: float
    machine: MachineTime


async def measure(
    peers: Sequence[Peer], plan: Plan, on_sample: Callable[[Sample], None]
) -> list[Sample]:
    """
    Run *plan* on *peers*, which are all up; *on_sample* hears of each sample as it comes.

    A first round of all students, which is not counted, makes homes and fills the page cache.
    Which peer begins changes from round to round.
    """
    samples: list[Sample] = []
    async with _admitted(peers, plan.students) as visitors:
        for peer in peers:
            await _sample(peer, "many", -1, visitors[peer.name], most=plan.timeout)
        counts: dict[Kind, int] = {"one": plan.ones, "many": plan.manies}
        for kind, count in counts.items():
            for number in range(count):
                for peer in _rotated(peers, number):
                    people = visitors[peer.name][: 1 if kind == "one" else None]
                    sample = await _sample(peer, kind, number, people, most=plan.timeout)
                    samples.append(sample)
                    on_sample(sample)
    return samples


@asynccontextmanager
async def _admitted(
    peers: Sequence[Peer], students: int
) -> AsyncIterator[dict[str, list[Visitor]]]:
    users = [f"student{number}" for number in range(1, students + 1)]
    visitors = {peer.name: await peer.admit(users) for peer in peers}
    try:
        yield visitors
    finally:
        for each in (visitor for people in visitors.values() for visitor in people):
            await each.http.close()


def _rotated(peers: Sequence[Peer], by: int) -> list[Peer]:
    by %= len(peers)
    return [*peers[by:], *peers[:by]]


async def _sample(
    peer: Peer, kind: Kind, number: int, people: Sequence[Visitor], *, most: float
) -> Sample:
    load = os.getloadavg()[0]
    before = _work(peer)
    answers = await asyncio.gather(
        *(visitor.click_to_ready(seconds=most) for visitor in people), return_exceptions=True
    )
    after = _work(peer)
    seats = [pid for visitor in people if (pid := _first_process(peer, visitor.name))]
    seats_cpu = sum(map(container_cpu_seconds, seats))
    await asyncio.sleep(IDLE_SECONDS)
    memory = tuple(map(container_memory_mib, seats))
    hub_memory = memory_pss_mib([peer.hub()])
    await asyncio.gather(*(visitor.stop() for visitor in people))
    await asyncio.sleep(SETTLE_SECONDS)
    return Sample(
        peer=peer.name,
        kind=kind,
        round=number,
        seconds=tuple(each if isinstance(each, float) else most for each in answers),
        failures=tuple(_failure(each) for each in answers if not isinstance(each, float)),
        lab_cpu=after.lab - before.lab,
        seats_cpu=seats_cpu,
        engine_cpu=after.engine - before.engine,
        client_cpu=after.client - before.client,
        machine=after.machine - before.machine,
        seat_memory_mib=memory,
        hub_memory_mib=hub_memory,
        load=load,
    )


def _failure(answer: BaseException | float) -> str:
    if isinstance(answer, NotReadyError):
        return str(answer)
    assert isinstance(answer, BaseException)  # floats were left out before
    raise answer


def _work(peer: Peer) -> _Work:
    engine = {pid for name in ENGINE for pid in named(name)}
    return _Work(
        cpu_seconds(tree(peer.roots())), cpu_seconds(engine), process_time(), machine_time()
    )


def _first_process(peer: Peer, user: str) -> int:
    """The first process of *user*'s container; 0 where it does not run."""
    container = peer.container_of(user)
    if not container:
        return 0
    with closing(docker.from_env()) as client:
        try:
            return int(client.api.inspect_container(container)["State"]["Pid"])
        except docker.errors.NotFound:
            return 0
