"""The unit tests' own fence holds."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest
import pytest_socket


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_no_connection_is_opened() -> None:
    """Neither TCP nor a Unix socket leads out of a unit test."""
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket()
    with socket.socket(socket.AF_UNIX) as unix, pytest.raises(pytest.fail.Exception):
        unix.connect("/var/run/docker.sock")


def test_no_program_is_started() -> None:
    """A unit test starts no program."""
    with pytest.raises(pytest.fail.Exception):
        subprocess.run([sys.executable, "--version"], check=True)


async def test_coroutines_still_run() -> None:
    """The fence leaves the event loop alone."""
    await asyncio.sleep(0)
