"""Other programs, called; their failures come back in our words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from crepre_hub.errors import CommandFailed

LAST_LINES = 8
"""How much of a failed program's output a message holds."""


def run_program(
    command: Sequence[str], *, environment: Mapping[str, str], timeout_seconds: float = 60
) -> str:
    """
    What *command* prints on its standard output.

    Raises:
        CommandFailed: If it is not there, takes too long, or ends with an error; the message
            holds the last lines that it said.
    """
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError as problem:
        raise CommandFailed(f"There is no program {command[0]}.") from problem
    except subprocess.TimeoutExpired as problem:
        raise CommandFailed(f"{command[0]} took longer than {timeout_seconds:g} s.") from problem
    if done.returncode:
        said = last_lines((done.stdout + done.stderr).splitlines())
        raise CommandFailed(f"`{' '.join(command[:3])}` failed:\n{said}")
    return done.stdout


def stream_program(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> int:
    """
    Run *command*, hand over each line as it comes, and return the exit status.

    Standard output and standard error come as one stream. If *on_line* raises, or the user
    interrupts, the program is ended first.
    """
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    ) as running:
        assert running.stdout is not None  # since it was asked for above
        try:
            for line in running.stdout:
                on_line(line.rstrip("\n"))
        except BaseException:
            running.terminate()
            raise
    return running.returncode


def last_lines(lines: Sequence[str], count: int = LAST_LINES) -> str:
    """The last *count* lines that are not empty, indented for a message."""
    spoken = [line.strip() for line in lines if line.strip()]
    return "\n".join(f"  {line}" for line in spoken[-count:])
