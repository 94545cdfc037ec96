"""Other programs, called for real."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.program import run_program, stream_program


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_program_prints_is_returned() -> None:
    """Standard output alone is the answer, and the environment is the one given."""
    code = "import os, sys; print(os.environ.get('WORD')); print('noise', file=sys.stderr)"
    assert run_program(python(code), environment={"WORD": "hello"}) == "hello\n"


def test_a_failed_program_is_quoted() -> None:
    """The message holds what the program said last."""
    with pytest.raises(CommandFailed, match="the reason"):
        run_program(python("raise SystemExit('the reason')"), environment={})


def test_an_absent_program_is_named() -> None:
    """A program that is not there is a sentence with its name."""
    with pytest.raises(CommandFailed, match="/nowhere/docker"):
        run_program(["/nowhere/docker"], environment={})


def test_a_hanging_program_is_given_up() -> None:
    """After its time a program is ended."""
    with pytest.raises(CommandFailed, match="longer than 0.2 s"):
        run_program(python("import time; time.sleep(60)"), environment={}, timeout_seconds=0.2)


def test_lines_come_as_they_are_written() -> None:
    """Both outputs arrive line by line, in order, and the status is returned."""
    code = "import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(3)"
    lines: list[str] = []
    assert stream_program(python(code), environment={}, on_line=lines.append) == 3
    assert lines == ["a", "b"]


def test_a_program_ends_with_its_reader(tmp_path: Path) -> None:
    """Whoever interrupts the reading leaves no program behind."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    seen: list[int] = []

    def interrupt(line: str) -> None:
        seen.append(int(line))
        raise KeyboardInterrupt

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        stream_program(python(code), environment=os.environ, on_line=interrupt)
    assert time.monotonic() - begin < 50
    assert not Path(f"/proc/{seen[0]}").exists()
