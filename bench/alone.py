"""The server alone, without a lab around it: our command against JupyterHub's, in one image."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.figures import Ratio, paired_ratio, spread

SCRIPT = Path(__file__).with_name("in_server.py")
COMMANDS = ("crepre-seat", "jupyterhub-singleuser")
METERS = ("import_cpu", "cpu", "seconds", "memory_mib")
ROUND_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Alone:
    """
    One start of one command.

    Attributes:
        import_cpu: CPU-seconds of a fresh Python that imports what the server does.
        seconds: Wall time from the command to the first answer.
        cpu: CPU-seconds until then.
        memory_mib: What it alone had written to (Private_Dirty), two seconds later.
    """

    command: str
    round: int
    import_cpu: float
    seconds: float
    cpu: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class AloneRow:
    """The median of one meter for ours and theirs, and how many times theirs ours is."""

    meter: str
    ours: float
    theirs: float
    ratio: Ratio


def measure_alone(docker: Path, image: str, rounds: int) -> list[Alone]:
    """
    Start both commands in turn in one container of *image*, *rounds* times each.

    Raises:
        subprocess.CalledProcessError: If one of them does not come up; what it said is printed.
    """
    done = subprocess.run(
        [
            *(docker, "run", "--rm", "--interactive", "--network=none"),
            *("--env", f"HUB_VERSION={version('jupyterhub')}"),
            *(image, "python", "-", str(rounds), *COMMANDS),
        ],
        input=SCRIPT.read_text(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=ROUND_SECONDS * (rounds + 1),
        check=True,
    )
    return [Alone(**json.loads(line)) for line in done.stdout.splitlines()]


def alone_rows(samples: Sequence[Alone]) -> list[AloneRow]:
    """A row for each meter; empty where nothing was measured."""
    ours, theirs = (
        sorted((s for s in samples if s.command == command), key=lambda sample: sample.round)
        for command in COMMANDS
    )
    if not ours:
        return []
    rows = []
    for meter in METERS:
        mine, other = ([getattr(sample, meter) for sample in side] for side in (ours, theirs))
        rows.append(
            AloneRow(meter, spread(mine).median, spread(other).median, paired_ratio(mine, other))
        )
    return rows
