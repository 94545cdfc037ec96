"""A host of public git repositories, over http as the big ones have it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[2]

WRITER = (
    *("-c", "user.name=A teacher"),
    *("-c", "user.email=teacher@example.org"),
    *("-c", "init.defaultBranch=main"),
)


class Repository:
    """A repository in *folder* as its teacher has it: what is committed is published."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.url = f"{address}/{folder.name}"
        folder.mkdir(parents=True)
        self.git("init", "--quiet")

    def commit(self, files: dict[str, str | None]) -> None:
        """Write *files*, remove those that have no text, and publish."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=A lesson")

    def git(self, *words: str) -> None:
        """Run git here."""
        subprocess.run(["git", *WRITER, *words], cwd=self.folder, check=True, timeout=60)


class _Handler(BaseHTTPRequestHandler):
    """git's own program behind each request; source: git-http-backend(1), RFC 3875."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        while self.server.silent_while():  # type: ignore[attr-defined]
            time.sleep(0.02)
        parts = urlsplit(self.path)
        variables = {
            "GIT_PROJECT_ROOT": str(self.server.root),  # type: ignore[attr-defined]
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=os.environ | variables,
            capture_output=True,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((value[:3] for name, value in lines if name == "Status"), "200")
        self.send_response(int(status))
        for name, value in lines:
            if name not in ("Status", "Content-Length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class GitHost(ThreadingHTTPServer):
    """
    Serves the repositories below *root*.

    Attributes:
        silent_while: While this is true, the host takes requests and does not answer them.
    """

    daemon_threads = True

    def __init__(self, root: Path, address: str, port: int = 0) -> None:
        super().__init__((address, port), _Handler)
        self.root = root
        self.address = f"http://{address}:{self.server_port}"
        self.silent_while: Callable[[], bool] = lambda: False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def repository(self, name: str) -> Repository:
        """A new repository, empty."""
        return Repository(self.root / name, self.address)


@contextmanager
def git_host(root: Path, address: str = "127.0.0.1") -> Iterator[GitHost]:
    """A host that answers until the end of the block."""
    with GitHost(root, address) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield host
        finally:
            host.silent_while = lambda: False
            host.shutdown()
            thread.join()


PUBLIC = "203.0.113.66"
"""A documentation address, which stands for the internet: no test leaves this machine."""


@contextmanager
def public_git_host(root: Path) -> Iterator[str]:
    """
    The same as a program of its own, behind this machine in a network of its own.

    Seats do not reach this machine itself. Needs root and iproute2; yields the host's address.
    """
    space, near, far = "crepre-git", "crgit0", "crgit1"
    inside = ["ip", "-n", space]
    commands = [
        ["ip", "netns", "add", space],
        ["ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", space],
        ["ip", "addr", "add", "198.18.234.1/30", "dev", near],
        ["ip", "link", "set", near, "up"],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "addr", "add", "198.18.234.2/30", "dev", far],
        [*inside, "addr", "add", f"{PUBLIC}/32", "dev", "lo"],
        [*inside, "link", "set", far, "up"],
        [*inside, "route", "add", "default", "via", "198.18.234.1"],
        ["ip", "route", "add", f"{PUBLIC}/32", "via", "198.18.234.2"],
    ]
    with ExitStack() as undo:
        undo.callback(subprocess.run, ["ip", "netns", "delete", space], check=False)
        # By name: with its network alone it would go a while later, in the next one's way.
        undo.callback(subprocess.run, ["ip", "link", "delete", near], check=False)
        for command in commands:
            subprocess.run(command, check=True)
        program = [sys.executable, "-m", "tests.labs.git_host", str(root), PUBLIC, "80"]
        host = subprocess.Popen(
            ["ip", "netns", "exec", space, *program], stdout=subprocess.PIPE, cwd=PROJECT
        )
        undo.callback(host.wait)
        undo.callback(host.kill)
        assert host.stdout is not None
        assert host.stdout.readline() == b"ready\n"
        yield f"http://{PUBLIC}"
        host.stdout.close()


if __name__ == "__main__":
    with GitHost(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])) as serving:
        print("ready", flush=True)
        serving.serve_forever()
