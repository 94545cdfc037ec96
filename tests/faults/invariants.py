"""
What must be true after every fault.

I2: no orphan; every container of a seat is in the hub's table. I3: no ghost; every server in the
table has a container that runs, a route to it, and answers there. I4: one container for a seat.
I7: nothing is pending for ever. I8: no secret is in a log. I1, that work goes on, is asserted by
``Work``; I9, that two requests are one, by the tests that make two. (I5 is about GPUs.)
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

from tests.faults.sight import Seat, containers, routes, status_of, table
from tests.labs.lab import PATIENCE_SECONDS, Lab


async def all_is_well(lab: Lab, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when every invariant holds; AssertionError with what does not in time."""
    end = time.monotonic() + seconds
    while True:
        wrong = await asyncio.to_thread(lambda: list(broken(lab)))
        if not wrong:
            break
        assert time.monotonic() < end, wrong
        await asyncio.sleep(0.2)
    assert not list(leaked(lab))


def broken(lab: Lab) -> Iterator[str]:
    """Each invariant that does not hold at this moment, in words."""
    try:
        rows, paths, there = table(lab), routes(lab), containers(lab)
    except OSError as error:
        yield f"somebody does not answer: {error}"
        return
    yield from (f"I2: {seat} is not in the table" for seat, _ in there if seat not in rows)
    counted = Counter(seat for seat, _ in there)
    yield from (f"I4: {n} containers of {seat}" for seat, n in counted.items() if n > 1)
    states = {seat: each.status for seat, each in there}
    for seat, row in rows.items():
        if not row["ready"]:
            yield f"I7: {seat} is pending {row['pending']}"
            continue
        yield from _ghost(seat, states.get(seat, "absent"), paths.get(seat.route, ""))
    yield from (
        f"I3: a route for {path}, which nobody has"
        for path in paths
        if path not in {seat.route for seat in rows}
    )


def _ghost(seat: Seat, state: str, target: str) -> Iterator[str]:
    if state != "running":
        yield f"I3: {seat} is in the table, its container is {state}"
    elif not target:
        yield f"I3: {seat} has no route"
    elif status_of(f"{target}{seat.route}/api") != 200:
        yield f"I3: {seat} does not answer at {target}"


def leaked(lab: Lab) -> Iterator[str]:
    """Logs with a secret in them."""
    secrets = {
        path.read_text().strip() for path in (lab.state / "secrets").iterdir() if path.is_file()
    }
    for log in (lab.state / "log").glob("*.log"):
        text = log.read_text(errors="replace")
        yield from (f"I8: a secret is in {log.name}" for secret in secrets if secret in text)
