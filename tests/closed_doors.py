"""A fixture for tests of values: no network, no programs."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import NoReturn

import pamela  # noqa: F401  (looks for the system's PAM with a program as it is imported)
import pytest
import pytest_socket
import urllib3.util.connection  # noqa: F401  (looks for IPv6 with a socket as it is imported)


def _refuse(*_args: object, **_kwargs: object) -> NoReturn:
    pytest.fail("a test of values may not reach outside its process", pytrace=True)


@pytest.fixture
def closed_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Fail whoever opens a socket or starts a program.

    An event loop's own pair of Unix sockets is let through, and can connect to nothing.
    """
    pytest_socket.disable_socket(allow_unix_socket=True)
    monkeypatch.setattr(socket.socket, "connect", _refuse)
    monkeypatch.setattr(socket.socket, "bind", _refuse)
    for place, name in ((subprocess.Popen, "__init__"), (os, "system"), (os, "posix_spawn")):
        monkeypatch.setattr(place, name, _refuse)
    yield
    pytest_socket.enable_socket()
