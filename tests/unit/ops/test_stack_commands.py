"""An environment without Docker: what is run, and when it counts as made."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.ops.image_folders import ImageFolder
from crepre_hub.ops.stack import (
    Stack,
    installer_environment,
    render_compress_command,
    render_lock_command,
    render_seat_command,
    wanted_stamp,
)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "images" / "cpu").mkdir(parents=True)
    (tmp_path / "images" / "seat").mkdir()
    (tmp_path / "images" / "cpu" / "lock.txt").write_text("numpy==2")
    (tmp_path / "images" / "cpu" / "Dockerfile").write_text("FROM x\nCOPY seat /tmp/seat\n")
    return Stack(ImageFolder(tmp_path / "images" / "cpu"), tmp_path / "stack")


def make_whole(stack: Stack) -> None:
    for path in (stack.python, stack.server, stack.stamp):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted_stamp(stack.folder))


@pytest.mark.parametrize("uv", [None, Path("/x/bin/uv")])
def test_the_lock_is_installed_as_it_stands(stack: Stack, uv: Path | None) -> None:
    """Either installer checks each hash, resolves nothing, and compiles."""
    command = render_lock_command(stack, uv)
    assert {"--no-deps", "--require-hashes", str(stack.folder.lock)} <= set(command)
    assert any(part.startswith("--compile") for part in command)
    assert str(stack.python) in command


def test_static_files_are_compressed_in_the_environment_alone(stack: Stack) -> None:
    """By the environment's own Python, below its own folder."""
    command = render_compress_command(stack)
    assert command == [str(stack.python), "-m", "crepre_seat.compress", str(stack.target)]


def test_the_seat_needs_no_network(stack: Stack) -> None:
    """What builds the package seat is in the lock already."""
    command = render_seat_command(stack)
    assert {"--no-index", "--no-build-isolation", str(stack.folder.seat)} <= set(command)


def test_a_whole_environment_is_current(stack: Stack) -> None:
    """What was made from this recipe is not made again."""
    make_whole(stack)
    assert stack.is_current


@pytest.mark.parametrize("part", ["python", "server", "stamp"])
def test_a_half_made_environment_is_not_current(stack: Stack, part: str) -> None:
    """An interrupted installation is not taken for a whole one."""
    make_whole(stack)
    getattr(stack, part).unlink()
    assert not stack.is_current


def test_a_changed_recipe_is_installed_again(stack: Stack) -> None:
    """A new lock makes the environment stale."""
    make_whole(stack)
    stack.folder.lock.write_text("numpy==3")
    assert not stack.is_current


def test_the_installer_is_not_led_elsewhere() -> None:
    """Variables that would send packages or modules elsewhere are left out, others kept."""
    environment = {"PIP_TARGET": "/x", "PYTHONPATH": "/y", "HTTPS_PROXY": "p", "PATH": "/bin"}
    assert installer_environment(environment) == {"HTTPS_PROXY": "p", "PATH": "/bin"}


@pytest.mark.parametrize(
    ("environment", "bundle"),
    [
        ({"SSL_CERT_FILE": "/a"}, "/a"),
        ({"SSL_CERT_FILE": "/a", "PIP_CERT": "/b"}, "/b"),
        ({"SSL_CERT_FILE": ""}, None),
        ({}, None),
    ],
)
def test_pip_learns_of_the_machines_bundle(environment: dict[str, str], bundle: str | None) -> None:
    """One variable is enough behind a proxy that opens TLS, whichever pip there is."""
    assert installer_environment(environment).get("PIP_CERT") == bundle
