"""The real ``crepre`` in a folder of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crepre_hub.settings.samples import ensure_samples
from tests.machine.fixtures import (  # noqa: F401  (pytest finds fixtures here by their names)
    docker_engine,
    engine_or_why_not,
)

CREPRE = Path(sys.executable).with_name("crepre")
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """How a command ended; *files* tells what it left in its folder that was not there before."""

    code: int
    out: str
    err: str
    files: frozenset[str]

    @property
    def json(self) -> Any:
        """What it printed, for a program."""
        return json.loads(self.out)


Crepre = Callable[..., Done]


@pytest.fixture
def crepre(tmp_path: Path) -> Crepre:
    """Runs ``crepre`` with words, in a folder of its own, away from this project's settings."""

    def run(*words: str, **environment: str) -> Done:
        before = listing(tmp_path)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ") if name in os.environ}
        done = subprocess.run(
            [CREPRE, *words],
            cwd=tmp_path,
            env={**kept, "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr, listing(tmp_path) - before)

    return run


def listing(folder: Path) -> frozenset[str]:
    """Every file below *folder*."""
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def port() -> int:
    """A port that is free, with those that the lab derives from it, on this machine."""
    for number in range(18600, 20000, 7):
        if all(is_free(each) for each in (number, number + 1, number + 81)):
            return number
    pytest.fail("no port is free")


def is_free(number: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) != 0


@pytest.fixture
def lab(tmp_path: Path, port: int) -> Path:
    """A folder with a lab in it that listens at *port* and needs no Docker."""
    ensure_samples(tmp_path)
    file = tmp_path / "lab.toml"
    text = file.read_text().replace(":8000", f":{port}")
    file.write_text(text.replace('backend = "auto"', 'backend = "local"'))
    return tmp_path


@pytest.fixture
def listener(port: int) -> Iterator[socket.socket]:
    """Somebody else, on the port that the lab wants."""
    with socket.create_server(("127.0.0.1", port)) as other:
        yield other
