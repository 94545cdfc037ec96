"""The machine that the tests prepare for themselves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.machine.base_image import make_base_image
from tests.machine.engine import EngineMissingError, answers, ensure_docker_engine
from tests.machine.fixtures import absent
from tests.machine.packages import NEEDS, Need, render_install_command

pytestmark = pytest.mark.timeout(300)


def test_an_engine_is_started_and_stopped(root: None, docker_program: Path, tmp_path: Path) -> None:
    """
    Where none answers, an engine of our own is started, used again, and ended by us alone.

    It gets a network namespace of its own: a dockerd deletes or takes over the ``docker0`` that
    it finds when it starts, and there may be another engine on this machine whose it is.
    """
    socket = tmp_path / "docker.sock"
    log = tmp_path / "log" / "dockerd.log"
    apart = [
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        f"--data-root={tmp_path / 'data'}",
        f"--exec-root={tmp_path / 'exec'}",
        f"--pidfile={tmp_path / 'pid'}",
    ]
    bridge = Path("/sys/class/net/docker0").exists()
    engine = ensure_docker_engine(log, socket=socket, arguments=apart, inside=["unshare", "--net"])
    try:
        assert engine.ours is not None
        assert answers(socket)
        guest = ensure_docker_engine(log, socket=socket)
        assert guest.ours is None
        guest.stop()
        assert answers(socket)
    finally:
        engine.stop()
    assert not answers(socket)
    assert Path("/sys/class/net/docker0").exists() == bridge


def test_an_engine_that_cannot_start_says_why(
    root: None, docker_program: Path, tmp_path: Path
) -> None:
    """The message holds the daemon's own last words, at once and not after a timeout."""
    with pytest.raises(EngineMissingError, match="unknown flag: --nonsense"):
        ensure_docker_engine(tmp_path / "log", socket=tmp_path / "s", arguments=["--nonsense"])


def test_a_base_image_can_be_made(root: None, mmdebstrap: Path, docker_program: Path) -> None:
    """From Debian's packages alone comes an image that runs, with apt that finds packages."""
    name = "crepre-test/base:1"
    make_base_image(docker_program, name, os.environ)
    script = "apt-get update -qq && apt-cache policy python3 | grep Candidate; ls /usr/share/man"
    command = [docker_program, "run", "--rm", name, "sh", "-c", script]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    finally:
        subprocess.run([docker_program, "rmi", name], capture_output=True, check=True)
    assert "Candidate: 3.13" in said
    assert "man1" not in said


def test_what_is_missing_is_named() -> None:
    """Each need has its package, its reason, and a command line that installs it."""
    absent = Need("hello", "greetings", lambda: None)
    assert render_install_command([absent, NEEDS[0]])[-2:] == ["hello", "docker.io"]
    assert all(need.reason for need in NEEDS)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_in_ci_nothing_may_be_missing(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is a skip that names it, and where ``CI`` is set a failure."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="a grand piano"):
        absent("a grand piano")
