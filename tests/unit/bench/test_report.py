"""What the benchmark's report says of its goals follows from what was measured."""

from __future__ import annotations

import pytest

from bench.alone import COMMANDS, METERS, Alone, alone_rows
from bench.meters import MachineTime
from bench.report import GOALS, MEMORY_GOAL, missed_goals, summary
from bench.rounds import Kind, Sample


def sample(
    peer: str,
    kind: Kind = "one",
    number: int = 0,
    *,
    seconds: tuple[float, ...] = (1.0,),
    memory: tuple[float, ...] = (50.0,),
    failures: tuple[str, ...] = (),
) -> Sample:
    return Sample(
        peer=peer,
        kind=kind,
        round=number,
        seconds=seconds,
        failures=failures,
        lab_cpu=0.1,
        seats_cpu=0.5,
        engine_cpu=0.1,
        client_cpu=0.1,
        machine=MachineTime(1, 0),
        seat_memory_mib=memory,
        hub_memory_mib=100,
        load=0.1,
    )


def test_the_goals_are_those_that_are_told() -> None:
    """Half of stock's time for one, three fifths for ten at once, and less memory."""
    assert (dict(GOALS), MEMORY_GOAL) == ({"one": 0.5, "many": 0.6}, 0.85)


@pytest.mark.parametrize(
    ("kind", "ours", "memory", "missed"),
    [
        ("one", 0.5, 85.0, []),
        ("one", 0.51, 85.0, ["one: 0.51 of plain's time, goal at most 0.5"]),
        ("many", 0.6, 85.0, []),
        ("many", 0.61, 85.0, ["many: 0.61 of plain's time, goal at most 0.6"]),
        ("one", 0.5, 86.0, ["0.86 of the memory of plain's idle server, goal at most 0.85"]),
    ],
)
def test_a_goal_is_missed_above_its_number_and_not_at_it(
    kind: Kind, ours: float, memory: float, missed: list[str]
) -> None:
    """Each goal by itself, in a sentence with both numbers."""
    samples = [
        sample("ours", kind, seconds=(ours,), memory=(memory,)),
        sample("plain", kind, seconds=(1.0,), memory=(100.0,)),
        sample("expert", kind, seconds=(0.1,), memory=(1.0,)),
    ]
    told = missed_goals(summary(samples))
    assert len(told) == len(missed)
    assert all(words in said for words, said in zip(missed, told, strict=True))


def test_a_failed_start_of_ours_misses_the_goal() -> None:
    """Whatever the times are; stock's own failures are its own."""
    samples = [
        sample("ours", failures=("did not answer",)),
        sample("plain", seconds=(10.0,), memory=(100.0,), failures=("a", "b")),
    ]
    assert missed_goals(summary(samples)) == ["one: 1 of our starts failed"]


def test_a_crowd_is_ready_when_the_last_is() -> None:
    """And memory is that of one server, whatever their number."""
    samples = [
        sample("ours", "many", seconds=(1.0, 4.0), memory=(40.0, 60.0)),
        sample("plain", "many", seconds=(9.0, 10.0), memory=(100.0, 100.0)),
    ]
    ours, plain = summary(samples)
    assert (ours.median, plain.median) == (4.0, 10.0)
    assert plain.ours_by_this
    assert plain.ours_by_this.ratio == pytest.approx(0.4)
    assert plain.memory_by_this
    assert plain.memory_by_this.ratio == pytest.approx(0.5)
    assert ours.memory_by_this is None


def test_a_round_without_servers_says_nothing_of_memory() -> None:
    """Where no start of a round came up there is nothing to weigh."""
    samples = [
        *(sample("ours", number=number) for number in range(2)),
        sample("plain", number=0, memory=(100.0,)),
        sample("plain", number=1, memory=(), failures=("x",)),
    ]
    _, plain = summary(samples)
    assert plain.memory_by_this
    assert plain.memory_by_this.ratio == pytest.approx(0.5)
    rows = summary([samples[0], samples[3]])
    assert [row.memory_by_this for row in rows] == [None, None]
    (missed,) = missed_goals(rows)[1:]
    assert missed == "one: there was no idle server whose memory could be compared"


def test_the_server_alone_is_compared_round_by_round() -> None:
    """A row for each meter, with the medians of both commands."""
    ours, theirs = COMMANDS
    samples = [
        Alone(command, number, *(value * (number + 1) for _ in METERS))
        for number in range(3)
        for command, value in ((theirs, 2.0), (ours, 1.0))
    ]
    rows = alone_rows(samples)
    assert [row.meter for row in rows] == list(METERS)
    assert {(row.ours, row.theirs, row.ratio.ratio) for row in rows} == {(2.0, 4.0, 0.5)}
    assert alone_rows([]) == []
