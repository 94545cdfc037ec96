"""
Hub, proxy and culler as processes of their own, watched over by supervisord.

supervisord restarts what ends by itself, turns the logs over, and answers how things are; each
process may be killed without taking another one, or a student's server, with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from crepre_hub.errors import CommandFailed

_GOING_DOWN = "going down"
"""What is answered to every call from the moment a shutdown was asked for."""


@dataclass(frozen=True, slots=True)
class Program:
    """
    One process to keep running.

    Attributes:
        environment: On top of what ``crepre up`` itself has; may hold secrets.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgramState:
    """
    How a program is.

    Attributes:
        state: supervisord's word: RUNNING, STARTING, BACKOFF, FATAL, STOPPED, EXITED.
        detail: Process number and time, or why it does not run.
    """

    name: str
    state: str
    detail: str


def render_configuration(state: Path, programs: Sequence[Program]) -> str:
    """
    supervisord's configuration. It holds secrets.

    Source: https://supervisord.org/configuration.html
    """
    place = _literal(str(state))
    sections = [
        f"""[unix_http_server]
file={_socket(Path(place))}
chmod=0700

[supervisord]
logfile={place}/log/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={place}/supervisord.pid
childlogdir={place}/log

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
""",
        *(_program_section(state, program) for program in programs),
    ]
    return "\n".join(sections)


def _program_section(state: Path, program: Program) -> str:
    words = " ".join(_quoted(str(word)) for word in program.command)
    environment = ",".join(f"{key}={_value(text)}" for key, text in program.environment.items())
    # supervisord expands the name of this log twice.
    log = _literal(_literal(f"{state}/log/{program.name}.log"))
    return f"""[program:{program.name}]
command={words}
directory={_literal(str(state.parent))}
environment={environment}
autorestart=true
startsecs=10
startretries=1000000
stopwaitsecs=10
stopasgroup=false
killasgroup=false
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


def _literal(text: str) -> str:
    """*text* with supervisord's expansions off."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_literal(escaped)}"'


def _value(text: str) -> str:
    """*text* for the environment, where supervisord knows quotes and no backslashes."""
    quote = "'" if '"' in text else '"'
    return f"{quote}{_literal(text)}{quote}"


def _socket(state: Path) -> Path:
    return state / "supervisor.sock"


def start_supervisor(state: Path, programs: Sequence[Program]) -> None:
    """
    Start supervisord in the background with *programs*.

    Raises:
        CommandFailed: If it could not start.
    """
    (state / "log").mkdir(parents=True, exist_ok=True)
    file = state / "supervisord.conf"
    file.touch(mode=0o600)
    file.write_text(render_configuration(state, programs))
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=state)
    if done.returncode:
        raise CommandFailed(f"supervisord did not start: {done.stderr.strip()[-500:]}")


def is_up(state: Path) -> bool:
    """Whether a supervisord answers for the lab in *state*; one that goes down still does."""
    return _call(state, "getState") is not None


def is_going_down(state: Path) -> bool:
    """Whether the lab in *state* was told to stop, and some of it still runs."""
    return _call(state, "getState") == _GOING_DOWN


def program_states(state: Path) -> list[ProgramState]:
    """How each program is; empty when nothing is up, or all of it goes down."""
    answer: Any = _call(state, "getAllProcessInfo")
    if answer in (None, _GOING_DOWN):
        return []
    return [ProgramState(each["name"], each["statename"], each["description"]) for each in answer]


def stop_supervisor(state: Path, *, patience_seconds: float = 60) -> bool:
    """
    End all programs and supervisord; False if nothing was up.

    If somebody else has told it to stop already, this waits for the same end.
    """
    pid = _supervisor_pid(state)
    if _call(state, "shutdown") is None:
        return False
    until = time.monotonic() + patience_seconds
    while pid and _alive(pid) and time.monotonic() < until:
        time.sleep(0.1)
    return True


def _supervisor_pid(state: Path) -> int:
    try:
        return int((state / "supervisord.pid").read_text())
    except (OSError, ValueError):
        return 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _call(state: Path, method: str) -> object:
    """
    What supervisord answers; None where none is there.

    Source: https://supervisord.org/api.html#xml-rpc-errors (``SHUTDOWN_STATE``)
    """
    transport = SupervisorTransport(None, None, f"unix://{_socket(state)}")
    server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    try:
        return getattr(server.supervisor, method)()
    except xmlrpc.client.Fault as fault:
        if fault.faultCode != Faults.SHUTDOWN_STATE:
            raise
        return _GOING_DOWN
    except (OSError, HTTPException):
        return None
    finally:
        transport.close()
