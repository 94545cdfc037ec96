"""
From click to ready, ours against stock JupyterHub with DockerSpawner: ``python -m bench``.

Exit 0 if the goals are reached, 1 if not, 2 if something could not be run.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import docker
import typer
from rich.console import Console

from bench.alone import COMMANDS, Alone, alone_rows, measure_alone
from bench.machine import this_machine
from bench.meters import memory_pss_mib, tree
from bench.peers import Ours, Peer, Stock
from bench.report import (
    line,
    missed_goals,
    print_alone,
    print_summary,
    summary,
    write_json,
)
from bench.rounds import Plan, measure
from crepre_hub.ops.docker_cli import find_docker_client
from crepre_hub.ops.images import build_image
from tests.machine.base_image import ensure_base_image
from tests.machine.engine import ensure_docker_engine
from tests.machine.fixtures import COURSE_IMAGE, LOG

QUICK = Plan(ones=2, manies=1, students=6, timeout=120)
QUICK_ALONE = 2

console = Console()


def main(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of one student alone.")] = 12,
    crowds: Annotated[int, typer.Option(min=0, help="Rounds of all students at once.")] = 5,
    students: Annotated[int, typer.Option(min=1, max=50, help="How many at once.")] = 10,
    timeout: Annotated[float, typer.Option(help="Seconds; a failed start counts as much.")] = 120,
    alone: Annotated[int, typer.Option(min=0, help="Rounds of the server without a lab.")] = 8,
    quick: Annotated[bool, typer.Option("--quick", help="A glimpse, of two peers only.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write every figure to this file.")] = None,
) -> None:
    """Measure, print, and say whether the goals are reached."""
    plan = QUICK if quick else Plan(rounds, crowds, students, timeout)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell left it ignored
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        peers, machine, image = _ready(stack, with_all=not quick)
        _tell(f"{machine.processor}, {machine.cores} cores, load {machine.load[0]:.1f}")
        memory = {"before": _memory(peers)}
        samples = asyncio.run(measure(peers, plan, lambda sample: _tell(line(sample))))
        memory["after"] = _memory(peers)
        by_itself = _alone(image, QUICK_ALONE if quick else alone)
        if json:
            about: dict[str, Any] = {"machine": machine, "plan": plan, "peers": peers}
            write_json(json, samples, **about, memory=memory, alone=by_itself)
    rows = summary(samples)
    print_summary(console, rows, plan)
    print_alone(console, alone_rows(by_itself))
    _tell_memory(memory)
    missed = missed_goals(rows)
    for each in missed:
        console.print(f"Goal missed: {each}", style="bold")
    raise typer.Exit(1 if missed else 0)


def _alone(image: str, rounds: int) -> list[Alone]:
    """The labs are idle meanwhile."""
    if not rounds:
        return []
    _tell("starting the server without a lab")
    return measure_alone(find_docker_client(os.environ).path, image, rounds)


def _ready(stack: ExitStack, *, with_all: bool) -> tuple[list[Peer], Any, str]:
    """All peers, running, and their image; *stack* ends them and removes what they made."""
    engine = ensure_docker_engine(LOG)
    stack.callback(engine.stop)
    base = ensure_base_image(find_docker_client(os.environ).path, os.environ)
    run = secrets.token_hex(3)
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crepre-bench-")))
    image, digest = stack.enter_context(_image(run, base))
    lab = f"bench{run}"
    subnets = (f"10.240.{number}.0/24" for number in random.sample(range(256), 2))
    prefix = f"crepre-bench-{run}"
    makers: list[Callable[[], Peer]] = [
        lambda: Ours(root / "ours", lab, image, next(subnets), base),
        lambda: Stock("plain", "stock", root / "plain", f"{prefix}-plain", image),
        lambda: Stock("expert", "stock, tuned", root / "expert", f"{prefix}-expert", image),
        lambda: Ours(root / "slow", f"{lab}s", image, next(subnets), base, command=COMMANDS[1]),
    ]
    peers: list[Peer] = []
    for make in makers if with_all else makers[:2]:
        peer = make()  # when those before it run, so that it chooses no port of theirs
        peers.append(peer)
        _tell(f"starting {peer.title}")
        stack.callback(peer.down)
        peer.up()
    return peers, this_machine(digest), image


@contextmanager
def _image(run: str, base: str) -> Iterator[tuple[str, str]]:
    """A name of its own for the course's image, so that nobody moves it meanwhile; its digest."""
    _tell("looking for the course's image")
    build_image("course-cpu", base=base, tag=COURSE_IMAGE, on_step=lambda step: _tell(step.title))
    name = f"crepre-bench-{run}/course-cpu:latest"
    with closing(docker.from_env()) as client:
        image = client.images.get(COURSE_IMAGE)
        image.tag(name)
        try:
            yield name, str(image.id)
        finally:
            client.images.remove(name)


def _memory(peers: list[Peer]) -> dict[str, float]:
    """PSS in MiB of the processes of each peer: hub, proxy and helpers."""
    found = {}
    for peer in peers:
        found[f"{peer.name} hub"] = memory_pss_mib([peer.hub()])
        found[f"{peer.name} all"] = memory_pss_mib(tree(peer.roots()))
    return found


def _tell_memory(memory: dict[str, dict[str, float]]) -> None:
    for moment, values in memory.items():
        words = ", ".join(f"{name} {value:.0f}" for name, value in values.items())
        console.print(f"MiB (PSS) {moment} the run: {words}")


def _tell(text: str) -> None:
    console.print(text, style="dim", highlight=False)


if __name__ == "__main__":
    typer.run(main)
