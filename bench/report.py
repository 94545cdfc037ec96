"""The figures, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.alone import COMMANDS, Alone, AloneRow
from bench.figures import Ratio, paired_ratio, spread
from bench.machine import Machine
from bench.peers import Peer
from bench.rounds import Kind, Plan, Sample

OURS = "ours"
GOALS: Mapping[str, float] = {"one": 0.5, "many": 0.6}
MEMORY_GOAL = 0.85
"""Of plain's time, and of the memory of one of its idle servers."""
KINDS: tuple[Kind, ...] = ("one", "many")


@dataclass(frozen=True, slots=True)
class Row:
    """One peer in one kind of round; seconds and MiB, as in ``Sample``."""

    peer: str
    kind: Kind
    rounds: int
    median: float
    least: float
    most: float
    middle_student: float
    failures: int
    lab_cpu: float
    seats_cpu: float
    engine_cpu: float
    seat_memory_mib: float
    ours_by_this: Ratio | None
    memory_by_this: Ratio | None


def summary(samples: Sequence[Sample]) -> list[Row]:
    """A row for each peer and kind that was measured; CPU is for each start."""
    peers = list(dict.fromkeys(sample.peer for sample in samples))
    return [
        _row(kind, peer, samples)
        for kind in KINDS
        for peer in peers
        if any(sample.kind == kind for sample in samples)
    ]


def _row(kind: Kind, peer: str, samples: Sequence[Sample]) -> Row:
    of_kind = sorted((s for s in samples if s.kind == kind), key=lambda sample: sample.round)
    theirs = [sample for sample in of_kind if sample.peer == peer]
    ours = [sample for sample in of_kind if sample.peer == OURS]
    lasts = [max(sample.seconds) for sample in theirs]
    last = spread(lasts)
    return Row(
        peer=peer,
        kind=kind,
        rounds=len(theirs),
        median=last.median,
        least=last.least,
        most=last.most,
        middle_student=spread([second for s in theirs for second in s.seconds]).median,
        failures=sum(len(sample.failures) for sample in theirs),
        lab_cpu=_per_start(theirs, "lab_cpu"),
        seats_cpu=_per_start(theirs, "seats_cpu"),
        engine_cpu=_per_start(theirs, "engine_cpu"),
        seat_memory_mib=mean([m for s in theirs for m in s.seat_memory_mib] or [0.0]),
        ours_by_this=None
        if peer == OURS or not ours
        else paired_ratio([max(sample.seconds) for sample in ours], lasts),
        memory_by_this=None if peer == OURS else _memory_ratio(ours, theirs),
    )


def _memory_ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Ratio | None:
    """Of an idle server, over the rounds in which both sides had some; None without any."""
    pairs = [
        (mean(mine.seat_memory_mib), mean(other.seat_memory_mib))
        for mine, other in zip(ours, theirs, strict=False)
        if mine.seat_memory_mib and other.seat_memory_mib
    ]
    return (
        paired_ratio([mine for mine, _ in pairs], [other for _, other in pairs]) if pairs else None
    )


def _per_start(samples: Sequence[Sample], meter: str) -> float:
    return spread([getattr(sample, meter) / len(sample.seconds) for sample in samples]).median


# --- for people


def print_summary(console: Console, rows: Sequence[Row], plan: Plan) -> None:
    """Time first, then what it took."""
    table = _table(
        "From click to ready, seconds",
        ("median", "least", "most", "one of them", "failed", "ours ÷ this (95 %)"),
    )
    for row in rows:
        times = (row.median, row.least, row.most, row.middle_student)
        seconds = (f"{each:.2f}" for each in times)
        table.add_row(_who(row, plan), *seconds, str(row.failures), _ratio(row.ours_by_this))
    console.print(table)
    table = _table(
        "Work for each start (CPU-seconds), memory of each idle server (MiB)",
        ("hub, proxy", "server", "Docker", "memory", "ours ÷ this (95 %)"),
    )
    for row in rows:
        work = (f"{each:.2f}" for each in (row.lab_cpu, row.seats_cpu, row.engine_cpu))
        memory = (f"{row.seat_memory_mib:.0f}", _ratio(row.memory_by_this))
        table.add_row(_who(row, plan), *work, *memory)
    console.print(table)


def print_alone(console: Console, rows: Sequence[AloneRow]) -> None:
    """What the server costs by itself."""
    words = {
        "import_cpu": "imports, CPU-seconds",
        "cpu": "to its first answer, CPU-seconds",
        "seconds": "to its first answer, seconds",
        "memory_mib": "memory of its own, MiB",
    }
    table = _table("The server alone", (*COMMANDS, "ours ÷ theirs (95 %)"))
    for row in rows:
        values = (f"{row.ours:.2f}", f"{row.theirs:.2f}", _ratio(row.ratio))
        table.add_row(words[row.meter], *values)
    console.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _who(row: Row, plan: Plan) -> str:
    students = {"one": "one", "many": f"{plan.students} at once"}
    return f"{students[row.kind]}: {row.peer}"


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio.ratio:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def line(sample: Sample) -> str:
    """A sample as it comes, on one line."""
    last = max(sample.seconds)
    failed = f", {len(sample.failures)} failed" if sample.failures else ""
    return (
        f"round {sample.round + 1:2}  {sample.kind:4}  {sample.peer:7} {last:6.2f} s{failed}"
        f"  (machine busy {sample.machine.busy:.1f} s, stolen {sample.machine.steal:.1f} s,"
        f" load {sample.load:.1f})"
    )


def missed_goals(rows: Iterable[Row], peer: str = "plain") -> list[str]:
    """What is worse than our goals against *peer*, in sentences."""
    missed = []
    for row in rows:
        goal = GOALS[row.kind]
        if row.peer == peer and row.ours_by_this and row.ours_by_this.ratio > goal:
            missed.append(
                f"{row.kind}: {row.ours_by_this.ratio:.2f} of {peer}'s time, goal at most {goal}"
            )
        if row.peer == peer and not row.memory_by_this:
            missed.append(f"{row.kind}: there was no idle server whose memory could be compared")
        elif row.peer == peer and row.memory_by_this and row.memory_by_this.ratio > MEMORY_GOAL:
            missed.append(
                f"{row.kind}: {row.memory_by_this.ratio:.2f} of the memory of {peer}'s idle"
                f" server, goal at most {MEMORY_GOAL}"
            )
        if row.peer == OURS and row.failures:
            missed.append(f"{row.kind}: {row.failures} of our starts failed")
    return missed


# --- for programs


def write_json(
    file: Path,
    samples: Sequence[Sample],
    *,
    machine: Machine,
    plan: Plan,
    peers: Sequence[Peer],
    memory: Mapping[str, Mapping[str, float]],
    alone: Sequence[Alone],
) -> None:
    """Everything that was measured, round by round."""
    content: dict[str, Any] = {
        "machine": asdict(machine),
        "plan": asdict(plan),
        "peers": {peer.name: peer.title for peer in peers},
        "memory_mib": memory,
        "summary": [asdict(row) for row in summary(samples)],
        "samples": [asdict(sample) for sample in samples],
        "alone": [asdict(sample) for sample in alone],
    }
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
