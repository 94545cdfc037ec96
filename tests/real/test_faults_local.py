"""Faults of a lab in local processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from crepre_hub.backends.backend import Found
from crepre_hub.backends.local.found import MARK, found_processes, server_of_process
from crepre_hub.probes.ports import kernels_range
from tests.faults.hub_process import hub_is_back, kill_hub, until
from tests.faults.work import reach_lab
from tests.labs.fixtures import People
from tests.labs.lab import Lab
from tests.labs.student import Student


def servers_of(student: Student) -> list[Found]:
    """Those of one person; the lab may be ending one of another test."""
    found = found_processes(student.lab.state)
    return [each for each in found if each.seat.user == student.name]


async def test_a_start_survives_a_killed_hub(local_lab: Lab, person: People) -> None:
    """F2, I4: a hub killed while a process starts leaves one server in the end, not two."""
    student = await person(local_lab, "local-f2")
    await student.start()
    await until(lambda: servers_of(student))
    [first] = servers_of(student)
    await hub_is_back(local_lab, await kill_hub(local_lab))
    await reach_lab(student)
    [only] = servers_of(student)
    assert only.id != first.id or (await student.model())["servers"][""]["ready"]
    await student.stop()
    await until(lambda: not servers_of(student))


async def test_no_connection_of_the_machine_takes_a_servers_port(
    local_lab: Lab, person: People
) -> None:
    """I4: while a server comes up, the kernel gives its port to nobody, the hub included."""
    student = await person(local_lab, "local-port")
    await student.start()
    await reach_lab(student)
    [server] = servers_of(student)
    environment = Path(f"/proc/{server.id.partition(':')[0]}/environ").read_bytes().decode()
    [url] = [line for line in environment.split("\0") if line.startswith("JUPYTERHUB_SERVICE_URL")]
    port = urlsplit(url.partition("=")[2]).port
    assert port is not None
    assert port not in kernels_range()
    await student.stop()


@contextmanager
def server_of_ada(state: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like a server of the lab in *state*, and runs *code*."""
    server = subprocess.Popen(
        [sys.executable, "-c", code, "crepre_seat"],
        env={MARK: str(state), "JUPYTERHUB_USER": "ada"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.stdout is not None
    try:
        yield server
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.stdout.close()
        server.wait()


def test_a_program_that_a_server_starts_is_no_server(tmp_path: Path) -> None:
    """I4: a child that has not become another program yet is not taken for a second server."""
    code = "import os, time; os.fork(); print(flush=True); time.sleep(60)"
    with server_of_ada(tmp_path, code) as server:
        assert server.stdout is not None
        assert [server.stdout.readline() for _ in range(2)] == [b"\n", b"\n"]
        [found] = found_processes(tmp_path)
        assert found.id.startswith(f"{server.pid}:")


START_TWO = """
import subprocess, time
for more in ({}, {"env": {}}):
    print(subprocess.Popen(["/bin/sleep", "60"], **more).pid, flush=True)
time.sleep(60)
"""


def test_what_a_server_starts_is_the_servers(tmp_path: Path) -> None:
    """By the variables that it inherits, or by who started it where it has none; others' is not."""
    with server_of_ada(tmp_path, START_TWO) as server:
        assert server.stdout is not None
        mine = [int(server.stdout.readline()) for _ in range(2)]
        [found] = found_processes(tmp_path)
        assert [server_of_process(pid, tmp_path) for pid in mine] == [found.id] * 2
        assert server_of_process(mine[0], tmp_path / "other") == ""
        assert server_of_process(os.getpid(), tmp_path) == ""
