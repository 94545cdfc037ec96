"""What the guard's state is called when the Engine and the container are between two states."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError, NotFound
from requests import Response

from crepre_hub.backends.docker.guard import RULES_LABEL, Guard, rules_digest
from crepre_hub.backends.docker.guard_state import guard_state
from crepre_hub.backends.docker.network import seat_network
from crepre_hub.errors import BackendError

GUARD = Guard("crepre/guard", seat_network("lab"))


def refusal(status: int) -> APIError:
    """The Engine's answer with *status*."""
    response = Response()
    response.status_code = status
    return APIError("refused", response=response, explanation=f"status {status}")


class EndingEngine:
    """An Engine whose guard runs when looked at, and has ended by the time it is asked."""

    def __init__(self, on_question: APIError, *, gone: bool = False) -> None:
        self.on_question = on_question
        self.gone = gone

    def inspect_container(self, name: str) -> dict[str, Any]:
        labels = {RULES_LABEL: rules_digest(GUARD)}
        return {"State": {"Running": True}, "Config": {"Labels": labels}}

    def exec_create(self, name: str, command: list[str]) -> dict[str, str]:
        raise self.on_question

    def logs(self, name: str, tail: int) -> bytes:
        if self.gone:
            raise NotFound("no such container")
        return b"guard: this kernel does not take the rules\n"


@pytest.mark.parametrize("status", [404, 409])
def test_a_guard_that_ends_as_it_is_asked_does_not_run(status: int) -> None:
    """A guard that restarts between the look and the question is in no force, and says why."""
    state = guard_state(EndingEngine(refusal(status)), GUARD)
    assert state.problem == (
        "The guard lab-guard does not run: guard: this kernel does not take the rules"
    )


def test_a_guard_that_goes_as_it_is_asked() -> None:
    """A guard that is replaced at this moment is a state to wait on, and not an error."""
    state = guard_state(EndingEngine(refusal(404), gone=True), GUARD)
    assert "is being replaced" in state.problem


def test_another_refusal_is_an_error() -> None:
    """What the Engine refuses for other reasons is told in its words."""
    with pytest.raises(BackendError, match="status 500"):
        guard_state(EndingEngine(refusal(500)), GUARD)
