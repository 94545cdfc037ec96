"""Which programs a running lab consists of."""

from __future__ import annotations

import sys
from pathlib import Path

from crepre_hub.ops.processes import Program
from crepre_hub.ops.project import CONFIG, project_root
from crepre_hub.ops.proxy import node
from crepre_hub.secret import ensure_secret_file
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings


def lab_programs(settings: Settings, *, proxy: Path, environment: dict[str, str]) -> list[Program]:
    """
    Proxy, hub and culler.

    Args:
        proxy: The proxy's program.
        environment: What the hub's process is told by ``crepre up``.
    """
    secrets = settings.state / "secrets"
    secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        _proxy(settings, proxy, ensure_secret_file(secrets / "proxy").reveal()),
        Program(
            "hub",
            [sys.executable, "-m", "crepre_hub.hub", "-f", project_root() / CONFIG],
            {**environment, "PYTHONUNBUFFERED": "1"},
        ),
        _culler(settings, ensure_secret_file(secrets / "idle-culler").reveal()),
    ]


def _proxy(settings: Settings, proxy: Path, token: str) -> Program:
    ports = ports_of(settings.lab)
    home = project_root() / "deploy" / "proxy"
    return Program(
        "proxy",
        [
            *(node(), proxy, "--ip", ports.address, "--port", str(ports.public)),
            *("--api-ip", "127.0.0.1", "--api-port", str(ports.proxy_api)),
            *("--default-target", f"http://127.0.0.1:{ports.hub}"),
            *("--error-path", home / "pages"),
            *("--storage-backend", home / "lasting-store.js"),
        ],
        {
            "CONFIGPROXY_AUTH_TOKEN": token,
            "CREPRE_ROUTES": str(settings.state / "routes.json"),
        },
    )


def _culler(settings: Settings, token: str) -> Program:
    """Ends servers nobody uses; a program of its own, so that a killed hub leaves no second one."""
    servers = settings.lab.servers
    return Program(
        "idle-culler",
        [
            *(sys.executable, "-m", "crepre_hub.ops.idle_culler"),
            f"--url=http://127.0.0.1:{ports_of(settings.lab).hub}/hub/api",
            f"--timeout={int(servers.idle_stop.total_seconds())}",
            f"--max-age={int(servers.longest.total_seconds())}",
            f"--cull-every={min(60, int(servers.idle_stop.total_seconds() // 2) or 1)}",
        ],
        {"JUPYTERHUB_API_TOKEN": token},
    )
