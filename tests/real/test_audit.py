"""The scan for known vulnerabilities, with a real pip-audit and places that speak OSV's API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from audit.source import CANARIES
from tests.machine.fixtures import absent

Known = Mapping[str, str]
"""A name of a vulnerability, by package, or by package and version."""

Audit = Callable[..., tuple[int, str]]

REASONS = tomllib.loads((Path(__file__).parents[2] / "audit" / "reasons.toml").read_text())
CANARY_NAMES = {f"{pin.name}=={pin.version}": min(names) for pin, names in CANARIES.items()}


@contextmanager
def osv(known: Known, *, status: int = 200) -> Iterator[str]:
    """The address of a place that knows of *known*, each fixed in version 9999."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, version = asked["package"]["name"], asked["version"]
            alias = known.get(f"{name}=={version}") or known.get(name)
            body = {"vulns": [advisory(name, alias)]} if alias else {}
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()


def advisory(package: str, alias: str) -> dict[str, object]:
    """As https://ossf.github.io/osv-schema/ has it."""
    events = [{"introduced": "0"}, {"fixed": "9999"}]
    affected = {
        "package": {"ecosystem": "PyPI", "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": f"PYSEC-{package}", "aliases": [alias], "details": "x", "affected": [affected]}


@pytest.fixture(scope="module")
def audit() -> Audit:
    """Runs ``python -m audit`` with words; returns its exit status and what it printed."""
    if find_spec("pip_audit") is None:
        absent("pip-audit is missing (make check installs it)")

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "audit", *words],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout

    return run


def test_locks_without_a_known_vulnerability_are_in_order(audit: Audit) -> None:
    """A place that can be believed, and knows of nothing but what stays for a reason: exit 0."""
    stays = {each["package"]: each["id"] for each in REASONS.get("stays", ())}
    with osv({**CANARY_NAMES, **stays}) as url:
        code, said = audit("--strict", "--osv-url", url)
    assert (code, said.count("\n")) == (0, len(stays) + 1), said
    assert f"were looked up at {url}." in said


def test_a_known_vulnerability_fails_the_check(audit: Audit) -> None:
    """It is told with package, lock, every name and the version that is without it: exit 1."""
    with osv({**CANARY_NAMES, "tornado": "CVE-1-1"}) as url:
        code, said = audit("--osv-url", url)
    assert code == 1
    assert said.startswith("tornado ")
    for word in ("images/course-cpu/lock.txt", "requirements/hub.txt", "PYSEC-tornado (CVE-1-1)"):
        assert word in said
    assert "fixed in 9999: renew the lock" in said


@pytest.mark.parametrize(("known", "status"), [({}, 200), (CANARY_NAMES, 404)])
def test_who_cannot_be_believed_is_told_in_one_line(
    audit: Audit, known: Known, status: int
) -> None:
    """Nothing was looked at: exit 0, or 1 where somebody insists."""
    with osv(known, status=status) as url:
        answers = [audit("--osv-url", url), audit("--strict", "--osv-url", url)]
    assert [code for code, _ in answers] == [0, 1]
    for _, said in answers:
        assert said.startswith(f"advisories not looked at: {url}: ")
        assert said.count("\n") == 1
