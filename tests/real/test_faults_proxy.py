"""The proxy ends, alone or while the hub is away; addresses go on leading where they did."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crepre_hub.ops.project import project_root
from crepre_hub.ops.proxy import ensure_proxy, node
from tests.faults.hub_process import until
from tests.faults.invariants import all_is_well
from tests.faults.sight import containers, routes, status_of
from tests.faults.work import Work
from tests.labs.docker_faults import FaultyDocker
from tests.labs.fixtures import People
from tests.labs.lab import Lab, free_port

SOON = 60
"""Seconds in which a killed proxy leads everybody where it did; a hub looks every five minutes."""


async def test_a_killed_proxy_is_back_in_seconds(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F10: routes are back before the hub looks for them, and a tab that connects again works."""
    work = await Work.begin(await person(faulty_lab, "f10"))
    begin = time.monotonic()
    faulty_lab.kill("proxy")
    await until(lambda: status_of(f"{faulty_lab.url}/user/f10/api") == 200, seconds=SOON)
    await work.can_go_on()
    assert time.monotonic() - begin < SOON
    await all_is_well(faulty_lab)


async def test_routes_outlive_a_proxy_while_the_hub_is_away(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F11: a proxy that restarts while there is no hub leads to every server all the same."""
    work = await Work.begin(await person(faulty_lab, "f11"))
    before = routes(faulty_lab)
    faulty_lab.stop_program("hub")
    try:
        faulty_lab.kill("proxy")
        await until(lambda: status_of(f"{faulty_lab.url}/user/f11/api") == 200)
        assert routes(faulty_lab) == before
        await work.can_go_on()
        page = await asyncio.to_thread(_page, f"{faulty_lab.url}/hub/home")
        assert "Traceback" not in page
    finally:
        faulty_lab.start_program("hub")
    await asyncio.to_thread(faulty_lab.until_hub_is_back)
    await work.goes_on()
    await all_is_well(faulty_lab)


async def test_a_server_outlives_what_it_knows_of_the_hub(
    faulty_lab: Lab, faults: FaultyDocker, person: People
) -> None:
    """F12: with the hub away for longer than its answers are kept, servers go on answering."""
    student = await person(faulty_lab, "forgetful")
    work = await Work.begin(student)
    faulty_lab.stop_program("hub")
    try:
        async with asyncio.timeout(90):
            while b"going on with what it said before" not in containers(faulty_lab)[0][1].logs():
                assert (await student.server_api("GET", "kernels"))[0] == 200
        assert (await student.server_api("GET", "kernels"))[0] == 200
        await work.goes_on()
    finally:
        faulty_lab.start_program("hub")
    await asyncio.to_thread(faulty_lab.until_hub_is_back)
    assert (await student.server_api("GET", "kernels"))[0] == 200
    await all_is_well(faulty_lab)


def test_a_proxy_killed_while_it_writes_keeps_what_it_confirmed(tmp_path: Path) -> None:
    """F11: after any number of kills, each route that was confirmed leads where it was told to."""
    chance = random.Random(11)
    confirmed: dict[str, str] = {}
    for _ in range(8):
        with lone_proxy(tmp_path) as (proxy, api):
            assert {path: api[path] for path in confirmed} == confirmed
            for number in range(chance.randrange(1, 120)):
                path = f"/user/{chance.randrange(10**6)}-{number}"
                _post_route(proxy.api_port, path, f"http://127.0.0.1:{number + 1}")
                confirmed[path] = f"http://127.0.0.1:{number + 1}"


ENDLESS = """
import http.server, time
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"4\\r\\nmore\\r\\n")
            time.sleep(0.2)
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_an_answer_ends_with_its_server(tmp_path: Path) -> None:
    """F4: who waits for the rest of an answer is told when its server is killed; stock is not."""
    server = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE)
    assert server.stdout is not None
    with server, lone_proxy(tmp_path) as (proxy, _):
        target = f"http://127.0.0.1:{int(server.stdout.readline())}"
        _post_route(proxy.api_port, "/user/ada", target)
        page = f"http://127.0.0.1:{proxy.api_port + 1}/user/ada/"
        with urllib.request.urlopen(page, timeout=30) as answer:
            assert answer.read(4) == b"more"
            server.kill()
            with pytest.raises(http.client.IncompleteRead):
                answer.read()


class LoneProxy:
    """A proxy with nobody beside it."""

    def __init__(self, folder: Path) -> None:
        self.api_port = free_port()
        home = project_root() / "deploy" / "proxy"
        script = ensure_proxy(home, folder / "proxy")
        self.process = subprocess.Popen(
            [
                *(node(), script, "--ip=127.0.0.1", f"--port={self.api_port + 1}"),
                *("--api-ip=127.0.0.1", f"--api-port={self.api_port}"),
                f"--storage-backend={home / 'lasting-store.js'}",
            ],
            env={**os.environ, "CREPRE_ROUTES": str(folder / "routes.json")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def lone_proxy(folder: Path) -> Iterator[tuple[LoneProxy, dict[str, str]]]:
    """A proxy with its routes at the beginning; killed at the end."""
    proxy = LoneProxy(folder)
    try:
        yield proxy, _routes_once_up(proxy)
    finally:
        proxy.process.kill()
        proxy.process.wait()


def _routes_once_up(proxy: LoneProxy) -> dict[str, str]:
    until_ = time.monotonic() + 90
    while time.monotonic() < until_:
        try:
            found = json.loads(_page(f"http://127.0.0.1:{proxy.api_port}/api/routes"))
            return {path: route["target"] for path, route in found.items()}
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the proxy does not answer")


def _post_route(port: int, path: str, target: str) -> None:
    body = json.dumps({"target": target}).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/routes{path}", data=body, timeout=30)


def _page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
