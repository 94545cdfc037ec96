"""What is asked of a lab in the seconds in which it stops; a real supervisord answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crepre_hub.ops.processes import (
    Program,
    is_going_down,
    is_up,
    program_states,
    start_supervisor,
    stop_supervisor,
)
from tests.labs.lab import until

SLOW = "trap 'sleep 1; exit' TERM; touch ready; while :; do sleep 0.1; done"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The folder of a lab of one program, which takes a second to end."""
    state = tmp_path / "var"
    start_supervisor(state, [Program("slow", ["/bin/sh", "-c", SLOW])])
    until((tmp_path / "ready").exists, what="the program runs")
    yield state
    stop_supervisor(state)


def test_a_lab_that_goes_down_can_be_asked(state: Path) -> None:
    """It is up until all has ended, and whoever stops it as well waits for that same end."""
    assert is_up(state)
    assert not is_going_down(state)
    stopping = threading.Thread(target=stop_supervisor, args=[state])
    stopping.start()
    until(lambda: is_going_down(state), what="the shutdown begins")
    assert is_up(state)
    assert program_states(state) == []
    assert stop_supervisor(state)
    assert not is_up(state)
    stopping.join()
