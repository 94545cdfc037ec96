"""A server's look at its hub, over real sockets."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "images" / "seat" / "src"))

from crepre_seat.outage import PROBE_TIMEOUT_SECONDS, probe


@contextmanager
def hub_that_answers(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{hub.server_port}/hub/api"
        hub.shutdown()


@pytest.mark.parametrize(
    ("status", "answers"), [(200, True), (403, True), (404, True), (500, False), (503, False)]
)
def test_a_hub_that_is_well_enough_to_decide_answers(status: int, answers: bool) -> None:
    """Any answer counts but those that say the hub itself is ill."""
    with hub_that_answers(status) as url:
        assert probe(url)() is answers


def test_a_hub_that_refuses_connections_is_away() -> None:
    """Where nobody listens, the answer is no and comes at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/hub/api"
        begin = time.monotonic()
        assert not probe(url)()
    assert time.monotonic() - begin < PROBE_TIMEOUT_SECONDS


def test_a_hub_that_is_silent_is_away_soon() -> None:
    """A hub that takes the connection and says nothing holds a server up for a second."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        assert not probe(f"http://127.0.0.1:{silent.getsockname()[1]}/hub/api")()
    assert time.monotonic() - begin < PROBE_TIMEOUT_SECONDS + 20  # and not for ever


def test_what_is_no_hub_is_away() -> None:
    """An answer that is no HTTP is none."""

    def babble() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"\x00\x01 nonsense\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=babble, daemon=True).start()
        assert not probe(f"http://127.0.0.1:{listening.getsockname()[1]}/hub/api")()
