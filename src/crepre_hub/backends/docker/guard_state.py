"""Whether the guard's rules are in force, and the gate that no seat starts past otherwise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from docker import APIClient
from docker.errors import APIError, NotFound

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.guard import RULES_LABEL, Guard, inspect_or_none, rules_digest
from crepre_hub.errors import BackendError

Parted = Literal["bridge", "address", "forward"]
"""How this kernel parts seats: every frame, IPv4 and ARP, or what bridge netfilter hands over."""

ENDED_MEANWHILE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""How the Engine refuses a question to a container that ended since it was looked at."""

AGAIN = "Run `crepre up` again."


@dataclass(frozen=True, slots=True)
class GuardState:
    """
    What the guard does at this moment.

    Attributes:
        problem: Why seats must not start, in one sentence; empty when all is well.
        remedy: What to type next.
        parted: How seats are parted from each other; None while there is a problem.
    """

    problem: str = ""
    remedy: str = ""
    parted: Parted | None = None


def guard_state(client: APIClient, guard: Guard) -> GuardState:
    """
    Ask the guard itself whether the wanted rules are in the kernel now (about 0.1 s).

    Raises:
        DockerUnreachable: If the Engine does not answer.
    """
    with errors_as_ours("asking the guard"):
        there = inspect_or_none(client, guard.name)
        state = _seen_from_outside(client, guard, there)
        if state.problem:
            return state
        try:
            return _ask(client, guard)
        except APIError as refusal:
            if refusal.status_code not in ENDED_MEANWHILE:
                raise
            return _does_not_run(client, guard)


def _seen_from_outside(client: APIClient, guard: Guard, there: dict[str, Any] | None) -> GuardState:
    if there is None:
        return GuardState(f"The guard {guard.name} does not exist.", AGAIN)
    if not there["State"]["Running"] or there["State"].get("Restarting"):
        return _does_not_run(client, guard)
    if there["Config"]["Labels"].get(RULES_LABEL) != rules_digest(guard):
        return GuardState(f"The guard {guard.name} keeps other rules than the settings.", AGAIN)
    return GuardState()


def _does_not_run(client: APIClient, guard: Guard) -> GuardState:
    return GuardState(
        f"The guard {guard.name} does not run: {_last_words(client, guard)}",
        f"See `docker logs {guard.name}`, then run `crepre up` again.",
    )


def _last_words(client: APIClient, guard: Guard) -> str:
    try:
        text: str = client.logs(guard.name, tail=6).decode(errors="replace")
    except NotFound:
        return "it is being replaced"
    return " ".join(text.split())[-400:]


def _ask(client: APIClient, guard: Guard) -> GuardState:
    question = client.exec_create(guard.name, ["guard", "check"])["Id"]
    answer: str = client.exec_start(question).decode(errors="replace").strip()
    if client.exec_inspect(question)["ExitCode"] == 0:
        return GuardState(parted=_parted(answer))
    return GuardState(
        f"The guard {guard.name} runs, but {answer or 'did not answer'}.",
        f"Run `docker restart {guard.name}`.",
    )


def _parted(answer: str) -> Parted:
    word = answer.rsplit(" ", 1)[-1]
    match word:
        case "bridge" | "address" | "forward":
            return word
    raise BackendError(f"The guard answered {answer!r}.", remedy="Build the guard's image again.")


def wait_until_in_force(client: APIClient, guard: Guard, seconds: float = 20.0) -> GuardState:
    """
    What ``guard_state`` says once all is well.

    Raises:
        BackendError: If the rules were not in force after *seconds*; the message says why.
        DockerUnreachable: If the Engine does not answer.
    """
    deadline = time.monotonic() + seconds
    while (state := guard_state(client, guard)).problem and time.monotonic() < deadline:
        time.sleep(0.1)
    if state.problem:
        raise BackendError(state.problem, remedy=state.remedy)
    return state


def ensure_seats_guarded(client: APIClient, guard: Guard) -> None:
    """
    Pass only while the wanted rules are in force; call it before each start of a seat.

    Where Docker's own health check has seen the rules in the last ten seconds, that is enough
    (one call, a few milliseconds); otherwise the guard is asked.

    Raises:
        BackendError: If the seat must not start; ``reason`` is ``backend``.
        DockerUnreachable: If the Engine does not answer.
    """
    with errors_as_ours("asking the guard"):
        there = inspect_or_none(client, guard.name)
        state = _seen_from_outside(client, guard, there)
    if there and not state.problem and _is_healthy(there):
        return
    if not state.problem:
        state = guard_state(client, guard)
    if state.problem:
        raise BackendError(state.problem, remedy=state.remedy)


def _is_healthy(container: dict[str, Any]) -> bool:
    return bool(container["State"].get("Health", {}).get("Status") == "healthy")
