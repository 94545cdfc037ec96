"""The lab's server processes as the machine knows them, whatever the hub believes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.errors import BackendError
from crepre_hub.gpu.given import GivenGpu, given_in
from crepre_hub.probes.processes import line_of

MARK = "CREPRE_SERVER_OF"
"""In the environment of every server: the folder of its lab's own files."""

OFFER = "CREPRE_OFFER"
"""The same: for which course and profile it runs, with a slash between."""

GPU = "CREPRE_GPU"
"""The same, of servers with a GPU: which, and by what lease."""

PROGRAM = b"\0crepre_seat\0"
END_PATIENCE_SECONDS = 10.0


def found_processes(state: Path) -> tuple[Found, ...]:
    """
    Every server of the lab in *state*; what kernels and students started is not among them.

    A program that a server starts looks like the server until it is another program, but only
    the server leads a session.
    """
    return tuple(_servers(str(state)))


def _servers(mark: str) -> Iterator[Found]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if PROGRAM not in (folder / "cmdline").read_bytes():
                continue
            environment = _environment(folder)
            began = datetime.fromtimestamp(folder.stat().st_ctime, UTC)
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if environment.get(MARK) != mark:
            continue
        pid = int(folder.name)
        if _leads_a_session(pid):
            course, _, profile = environment.get(OFFER, "").partition("/")
            gpu = given_in(environment.get(GPU, ""))
            yield Found(process_id(pid), _seat_in(environment), began, course, profile, gpu)


def server_of_process(pid: int, state: Path) -> str:
    """
    Id of the server of the lab in *state* that *pid* was started in; empty for none.

    Kernels and terminals have the server's variables; where a student took them away, whoever
    started the process has them.
    """
    for each in line_of(pid):
        try:
            environment = _environment(Path(f"/proc/{each}"))
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if environment.get(MARK) == str(state):
            seat = _seat_in(environment)
            return next((found.id for found in found_processes(state) if found.seat == seat), "")
    return ""


def _seat_in(environment: Mapping[str, str]) -> Seat:
    names = (environment.get(f"JUPYTERHUB_{name}", "") for name in ("USER", "SERVER_NAME"))
    return Seat(*names)


def gpu_environment(gpu: GivenGpu | None) -> dict[str, str]:
    """
    Variables that name the GPU of a server, or that it has none.

    CUDA takes a list as ended by the first device that it does not know, so ``-1`` hides all.
    Source: "CUDA Environment Variables" in the CUDA C++ Programming Guide.
    """
    if gpu is None:
        return {"CUDA_VISIBLE_DEVICES": "-1"}
    return {"CUDA_VISIBLE_DEVICES": gpu.uuid, GPU: str(gpu)}


def _environment(folder: Path) -> Mapping[str, str]:
    """Source: proc_pid_environ(5)."""
    lines = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def end_process(found: Found) -> None:
    """
    Ask a server to end, and after 10 s make it.

    Raises:
        BackendError: If it is still there.
    """
    pid = int(found.id.partition(":")[0])
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + END_PATIENCE_SECONDS
        try:
            if process_id(pid) == found.id:
                os.kill(pid, number)
        except ProcessLookupError:
            return
        while time.monotonic() < until:
            if process_id(pid) != found.id:
                return
            time.sleep(0.05)
    raise BackendError(f"The process {pid} of {found.seat.user} does not end.")


def process_id(pid: int) -> str:
    """The process's number and when it began; empty where there is none, or only its remains."""
    born = birth(pid)
    return f"{pid}:{born}" if born else ""


def birth(pid: int) -> str:
    """When the process *pid* began, in clock ticks since the machine started; empty if it ended."""
    fields = _stat(pid)
    return "" if not fields or fields[0] == "Z" else fields[19]


def _leads_a_session(pid: int) -> bool:
    """Whether *pid* lives and began a session of its own, as the hub starts each server."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z" and int(fields[3]) == pid


def _stat(pid: int) -> list[str]:
    """
    What the kernel tells of a process, from field 3 (its state) on; nothing if it ended.

    Source: proc_pid_stat(5).
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
