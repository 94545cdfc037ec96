"""What the doctor makes of the machine: ports, disk, memory, clock, programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.doctor.clock import ClockFacts, judge_clock
from crepre_hub.doctor.disk import DiskFacts, GiB, disk_facts, judge_disk
from crepre_hub.doctor.memory import MemoryFacts, judge_memory, memory_facts
from crepre_hub.doctor.ports import Listener, PortFacts, judge_ports, listening
from crepre_hub.doctor.programs import ProgramFacts, judge_lab, judge_programs, recent_ends
from crepre_hub.findings import Finding
from crepre_hub.ops.processes import ProgramState
from crepre_hub.profiles.profile import Profile

Lines = list[tuple[str, str]]


def lines(findings: Iterable[Finding]) -> Lines:
    """Level and text of each; whatever is not well must say what to do."""
    each = list(findings)
    assert all(bool(one.remedy) == (one.level in ("warning", "error")) for one in each)
    return [(one.level, one.text) for one in each]


# --- ports

WANTED = {8000: "browsers", 8001: "the proxy's routes", 8081: "the hub"}
NGINX = Listener(7, 1, "nginx")
OURS = Listener(42, 41, "python")


@pytest.mark.parametrize(
    ("taken", "supervisor", "expected"),
    [
        ({}, 0, [("ok", "Ports 8000, 8001, 8081 are free.")]),
        ({8000: (OURS,)}, 41, [("ok", "Ports 8000, 8001, 8081 are ours.")]),
        (
            {8000: (NGINX,)},
            0,
            [("error", "Port 8000, for browsers, is taken by nginx (7).")],
        ),
        (
            {8081: (NGINX,), 8000: (OURS,)},
            41,
            [("error", "Port 8081, for the hub, is taken by nginx (7).")],
        ),
        (
            {8001: ()},
            0,
            [("error", "Port 8001, for the proxy's routes, is taken by another program.")],
        ),
        (
            {8000: (Listener(8, 0, "x"),)},
            0,
            [("error", "Port 8000, for browsers, is taken by x (8).")],
        ),
    ],
)
def test_ports(taken: dict[int, tuple[Listener, ...]], supervisor: int, expected: Lines) -> None:
    """Ours or free is well; anybody else's keeps the lab from starting."""
    assert lines(judge_ports(PortFacts(WANTED, taken, supervisor))) == expected


def test_the_kernels_table_of_sockets() -> None:
    """Only listening sockets count; ports are hexadecimal."""
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
        " inode\n"
        "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0"
        " 1234 1 ffff 100 0 0 10 0\n"
        "   1: 0100007F:1F40 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0"
        " 99 1 ffff 100 0 0 10 0\n"
    )
    assert list(listening(table)) == [(8000, 1234)]


# --- disk


@pytest.mark.parametrize(
    ("free", "names", "levels"),
    [
        (100 * GiB, 0.9, ["ok"]),
        (10 * GiB, 0.9, ["ok"]),
        (10 * GiB - 1, 0.9, ["warning"]),
        (GiB - 1, 0.9, ["error"]),
        (100 * GiB, 0.01, ["ok", "warning"]),
        (100 * GiB, 0.0, ["ok", "error"]),
    ],
)
def test_disk(free: int, names: float, levels: list[str]) -> None:
    """Scarce is a warning, full an error, in bytes and in names."""
    found = judge_disk(DiskFacts(Path("/x"), free, names), remedy="make room")
    assert [level for level, _ in lines(found)] == levels


def test_a_disk_elsewhere_is_not_judged() -> None:
    """An engine on another machine has its disk there."""
    assert [level for level, _ in lines(judge_disk(None, remedy="x"))] == ["ok"]


def test_the_disk_of_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    """Before the first start ``var`` is missing; its disk is not."""
    seen = disk_facts(tmp_path / "var" / "log")
    assert seen.folder == tmp_path
    assert seen.free_bytes > 0


# --- memory


def test_memory_facts() -> None:
    """Each person counts once, with the largest profile of all their courses."""
    small, large = Profile(title="S", memory="1 GiB"), Profile(title="L", memory="4 GiB")
    courses = [
        Course(id="a", title="A", students=frozenset({"ada", "bo"}), profiles={"s": small}),
        Course(id="b", title="B", teachers=frozenset({"ada"}), profiles={"s": small, "l": large}),
        Course(id="c", title="C", open=True, profiles={"s": small}),
    ]
    seen = memory_facts("MemTotal: 1 kB\nMemAvailable:       1024 kB\n", courses)
    assert seen == MemoryFacts(1024**2, (GiB, 4 * GiB), 4 * GiB)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            MemoryFacts(64 * GiB, (4 * GiB,) * 10, 4 * GiB),
            ("ok", "64 GiB of memory is free: room for 16 servers of 4 GiB."),
        ),
        (
            MemoryFacts(16 * GiB, (4 * GiB,) * 30, 4 * GiB),
            (
                "warning",
                (
                    "16 GiB of memory is free; all 30 people at once may use 120 GiB."
                    " 4 of the largest profile fit."
                ),
            ),
        ),
        (
            MemoryFacts(GiB, (), 4 * GiB),
            ("warning", "1 GiB of memory is free, and the largest profile has 4 GiB."),
        ),
    ],
)
def test_memory(seen: MemoryFacts, expected: tuple[str, str]) -> None:
    """How many fit is said in numbers that a teacher can use."""
    assert lines(judge_memory(seen)) == [expected]


def test_memory_without_profiles() -> None:
    """There is nothing to compare with."""
    assert [level for level, _ in lines(judge_memory(MemoryFacts(GiB, (), 0)))] == ["skipped"]


# --- clock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGHT = ClockFacts(NOON, NOON - timedelta(hours=1), NOON - timedelta(days=9), NOON, is_kept=True)
MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (RIGHT, [("ok", "The clock says 2026-11-23 12:00 UTC.")]),
        (
            replace(RIGHT, elsewhere=None, is_kept=None),
            [("ok", "The clock says 2026-11-23 12:00 UTC.")],
        ),
        (replace(RIGHT, newest=NOON + MINUTES), [("ok", "The clock says 2026-11-23 12:00 UTC.")]),
        (
            replace(RIGHT, newest=NOON + 90 * MINUTES),
            [
                (
                    "error",
                    (
                        "The clock says 2026-11-23 12:00 UTC, but files were written at"
                        " 2026-11-23 13:30 UTC."
                    ),
                )
            ],
        ),
        (
            replace(RIGHT, now=datetime(1970, 1, 1, tzinfo=UTC), elsewhere=None),
            [
                (
                    "error",
                    (
                        "The clock says 1970-01-01 00:00 UTC, but files were written at"
                        " 2026-11-23 11:00 UTC."
                    ),
                )
            ],
        ),
        (
            replace(RIGHT, elsewhere=NOON - 5 * MINUTES),
            [
                ("warning", "The clock is 300 s ahead of that of the lab's public address."),
                ("ok", "The clock says 2026-11-23 12:00 UTC."),
            ],
        ),
        (
            replace(RIGHT, is_kept=False),
            [("warning", "Nothing keeps the clock right (2026-11-23 12:00 UTC).")],
        ),
    ],
)
def test_clock(seen: ClockFacts, expected: Lines) -> None:
    """A clock that contradicts files or other clocks is wrong; one that nobody keeps may be."""
    assert lines(judge_clock(seen)) == expected


# --- programs

LOG = """\
2026-11-23 11:30:00,001 WARN exited: hub (exit status 1; not expected)
2026-11-23 11:50:00,001 WARN exited: hub (exit status 1; not expected)
2026-11-23 11:50:01,001 INFO spawned: 'hub' with pid 99
2026-11-23 11:51:00,001 WARN exited: hub (terminated by SIGKILL; not expected)
2026-11-23 11:52:00,001 WARN exited: proxy (exit status 0; expected)
2026-11-23 13:00:00,001 WARN exited: hub (exit status 1; not expected)
half a li
"""


def test_ends_of_the_last_minutes_are_counted() -> None:
    """Old ends and those of a clock that went back do not count."""
    seen = recent_ends(LOG.splitlines(), now=datetime(2026, 11, 23, 12))  # noqa: DTZ001
    assert seen == {"hub": 2, "proxy": 1}


def test_up_or_down() -> None:
    """A lab that is down is an error, with the line that starts it."""
    assert lines(judge_lab(ProgramFacts((), {}))) == [("error", "The lab is not running.")]
    running = ProgramFacts((ProgramState("hub", "RUNNING", ""),), {})
    assert lines(judge_lab(running)) == [("ok", "The lab is up.")]


@pytest.mark.parametrize(
    ("state", "ends", "expected"),
    [
        ("RUNNING", 2, ("ok", "The program hub runs: why.")),
        ("STARTING", 0, ("ok", "The program hub runs: why.")),
        ("RUNNING", 3, ("warning", "The program hub ended 3 times in the last 15 min.")),
        ("BACKOFF", 9, ("error", "The program hub does not run: backoff (why).")),
        ("FATAL", 0, ("error", "The program hub does not run: fatal (why).")),
        ("STOPPED", 0, ("error", "The program hub does not run: stopped (why).")),
    ],
)
def test_programs(state: str, ends: int, expected: tuple[str, str]) -> None:
    """What runs now may still have ended again and again."""
    seen = ProgramFacts((ProgramState("hub", state, "why"),), {"hub": ends})
    assert lines(judge_programs(seen)) == [expected]
