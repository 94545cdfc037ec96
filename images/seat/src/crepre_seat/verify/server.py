"""A student's server, started as the hub starts it, with as much of a hub as that needs."""

from __future__ import annotations

import importlib.metadata
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from crepre_seat.verify.report import ensure

START_TIMEOUT_SECONDS = 60


class LittleHub(ThreadingHTTPServer):
    """A hub on loopback that knows one student, by the token that it carries."""

    token: str


class Answers(BaseHTTPRequestHandler):
    """As much of a hub as a server asks for while it starts."""

    server: LittleHub

    def do_GET(self) -> None:
        """Say who carries the token, and which hub this is."""
        token = self.headers.get("Authorization", "").removeprefix("token ")
        scopes = ["access:servers!server=student/"] if token == self.server.token else []
        model = {"kind": "user", "name": "student", "admin": False, "groups": [], "scopes": scopes}
        version = {"version": importlib.metadata.version("jupyterhub")}
        self.answer(model if self.path.endswith("/user") else version)

    def do_POST(self) -> None:
        """Take note that the server is active."""
        self.answer({})

    def answer(self, body: dict[str, object]) -> None:
        """Send *body* as JSON."""
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", importlib.metadata.version("jupyterhub"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def check_server() -> str:
    """The server starts as the hub starts it, and answers ``/api`` and ``/lab``."""
    begin = time.monotonic()
    with little_hub() as hub, running_server(hub) as (address, headers, log):
        seconds = time.monotonic() - begin
        page = urlopen(Request(address + "lab", headers=headers), timeout=30).read()
        ensure(b"jupyter-config-data" in page, "/lab answered without JupyterLab")
        words = log.read_text(errors="replace")
        ensure("crepre_seat | extension was successfully loaded" in words, last(words))
    return f"answered after {seconds:.1f} s"


@contextmanager
def little_hub(port: int = 0) -> Iterator[LittleHub]:
    """A hub on loopback that knows one student."""
    with LittleHub(("127.0.0.1", port), Answers) as hub:
        hub.token = secrets.token_hex()
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield hub
        hub.shutdown()


@contextmanager
def running_server(hub: LittleHub, *arguments: str) -> Iterator[tuple[str, dict[str, str], Path]]:
    """A server as the hub starts it: its address, headers that let one in, and its log."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"http://127.0.0.1:{free_port()}/user/student/"
        log = Path(folder, "log")
        command = [str(Path(sys.executable).with_name("crepre-seat")), *arguments]
        command += ["--allow-root"] if os.getuid() == 0 else []
        with log.open("wb") as output:
            server = subprocess.Popen(
                command,
                env=os.environ | server_environment(address, hub),
                cwd=Path.home(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(address + "api", server, log)
            yield address, {"Authorization": f"token {hub.token}"}, log
        finally:
            server.kill()
            server.wait()


def free_port() -> int:
    """A port that nobody has; a connection that asks for any gets one above these on Linux."""
    for port in random.sample(range(10_000, 32_768), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("a hundred ports were tried, and none is free")


def server_environment(address: str, hub: LittleHub) -> dict[str, str]:
    """What a spawner tells the server."""
    return {
        "JUPYTERHUB_API_TOKEN": hub.token,
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.server_port}/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": f"http://127.0.0.1:{hub.server_port}/hub/api/activity",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-student",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=student/"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/student/oauth_callback",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/student/",
        "JUPYTERHUB_SERVICE_URL": address,
        "JUPYTERHUB_USER": "student",
        "JUPYTERHUB_SERVER_NAME": "",
    }


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as *url* answers."""
    until = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < until:
        ensure(server.poll() is None, f"the server ended: {last(log.read_text(errors='replace'))}")
        try:
            urlopen(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    ensure(False, f"no answer in {START_TIMEOUT_SECONDS} s: {last(log.read_text())}")


def last(text: str) -> str:
    """The end of a log, on one line."""
    return " / ".join(text.splitlines()[-6:])
