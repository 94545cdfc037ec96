"""
Run all tests as two halves side by side: ``python -m tests.machine.halves``.

Most of a test of a lab is waiting, so two of them on two processors take little longer than one.
Labs share nothing, but both halves need a Docker Engine and a base image: these are made ready
first, and an engine that was started for that ends with the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.docker_cli import find_docker_client
from tests.machine.base_image import BaseImageMissingError, ensure_base_image
from tests.machine.engine import EngineMissingError, ensure_docker_engine
from tests.machine.fixtures import LOG

TESTS = Path("tests")
FOLDERS = ("unit", "contract", "hub", "cli")
LAST_OF_SECOND = "test_gpu_l"
"""Real tests before it in the alphabet are the second half; chosen so that both take as long."""

PYTEST = (sys.executable, "-m", "pytest", "--hypothesis-profile=thorough")
"""Laws are tried on more values than while somebody works on the code (``tests/conftest.py``)."""


def halves() -> tuple[Sequence[Path], Sequence[Path]]:
    """Folders and files of either half; the first begins with the tests of values."""
    real = sorted((TESTS / "real").glob("test_*.py"))
    second = [file for file in real if file.name < LAST_OF_SECOND]
    rest = [file for file in real if file not in second]
    return [*(TESTS / name for name in FOLDERS), *rest], second


def main() -> int:
    """Show the first half as it goes, then what the second said; 1 if either failed."""
    first, second = halves()
    with ExitStack() as stack:
        make_ready(stack)
        log = LOG.with_name("second-half.log")
        output = stack.enter_context(log.open("w"))
        print(f"Two halves of the tests run side by side; the other one writes to {log}.")
        apart = {**os.environ, "CREPRE_TESTS_HALF": "1"}
        other = subprocess.Popen(
            [*PYTEST, *second], stdout=output, stderr=subprocess.STDOUT, env=apart
        )
        stack.callback(other.wait)
        ended = subprocess.run([*PYTEST, *first], check=False)
        failed = [each for each in (ended.returncode, other.wait()) if each]
    print(f"\nThe other half:\n{log.read_text()}")
    return 1 if failed else 0


def make_ready(stack: ExitStack) -> None:
    """What both halves would make at the same time; where it is missing, tests say so."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    try:
        stack.callback(ensure_docker_engine(LOG).stop)
        ensure_base_image(find_docker_client(os.environ).path, os.environ)
    except (EngineMissingError, BaseImageMissingError, CommandFailed) as problem:
        print(f"Without containers: {problem}")


if __name__ == "__main__":
    sys.exit(main())
