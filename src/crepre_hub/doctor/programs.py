"""The lab's own programs, as supervisord and its log tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crepre_hub.clock import utc_now
from crepre_hub.findings import Finding
from crepre_hub.ops.processes import ProgramState, program_states

LOOK_BACK = timedelta(minutes=15)
MANY_ENDS = 3
TAIL_BYTES = 256 * 1024

_EXIT = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ \w+ exited: (\S+) ")


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """
    How the programs are, and how they were lately.

    Attributes:
        states: Empty when the lab is down.
        ends: How often each program ended in the last minutes.
    """

    states: tuple[ProgramState, ...]
    ends: dict[str, int]


def look_at_programs(state: Path) -> ProgramFacts:
    """The programs of the lab that keeps its own files in *state*."""
    now = utc_now().astimezone().replace(tzinfo=None)  # supervisord writes local time
    lines = _last_lines(state / "log" / "supervisord.log")
    return ProgramFacts(tuple(program_states(state)), recent_ends(lines, now=now))


def _last_lines(log: Path) -> list[str]:
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()


def recent_ends(lines: Sequence[str], *, now: datetime) -> dict[str, int]:
    """
    How often each program ended by itself in the time to look back.

    Args:
        lines: Of supervisord's log.
        now: Local time without a zone, as the log has it.
    """
    found = (_EXIT.match(line) for line in lines)
    ends = [(datetime.fromisoformat(each[1]), each[2]) for each in found if each]
    return dict(Counter(name for moment, name in ends if now - LOOK_BACK <= moment <= now))


def supervisor_number(state: Path) -> int:
    """The process that starts the lab's own; 0 where none was started."""
    try:
        return int((state / "supervisord.pid").read_text())
    except (OSError, ValueError):
        return 0


def judge_lab(seen: ProgramFacts) -> Iterator[Finding]:
    """Up, or down."""
    if seen.states:
        yield Finding("ok", "The lab is up.")
    else:
        yield Finding("error", "The lab is not running.", remedy="crepre up --detach")


def judge_programs(seen: ProgramFacts) -> Iterator[Finding]:
    """Each program runs, and has not just ended again and again."""
    for each in seen.states:
        log = f"tail -n 30 var/log/{each.name}.log"
        ends = seen.ends.get(each.name, 0)
        if each.state not in ("RUNNING", "STARTING"):
            detail = f" ({each.detail})" if each.detail else ""
            text = f"The program {each.name} does not run: {each.state.lower()}{detail}."
            yield Finding("error", text, remedy=log)
        elif ends >= MANY_ENDS:
            minutes = LOOK_BACK // timedelta(minutes=1)
            text = f"The program {each.name} ended {ends} times in the last {minutes} min."
            yield Finding("warning", text, remedy=log)
        else:
            yield Finding("ok", f"The program {each.name} runs: {each.detail or 'starting'}.")
