"""An OpenID Connect provider: npm's oidc-provider, run by the Node that the lab has anyway."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

from crepre_hub.ops.proxy import node, npm_ci
from tests.labs.lab import PATIENCE_SECONDS, free_port

SOURCES = Path(__file__).parents[1] / "oidc"
FOLDER = Path(__file__).parents[2] / "var" / "machine" / "oidc"
FILES = ("package.json", "package-lock.json", "provider.mjs")
CLIENT_SECRET = "only-for-tests-4f1b"


def ensure_provider() -> Path:
    """The program, with what ``package-lock.json`` names; installed where it is not there yet."""
    lock, installed = SOURCES / "package-lock.json", FOLDER / "package-lock.json"
    is_there = installed.exists() and installed.read_bytes() == lock.read_bytes()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        copyfile(SOURCES / name, FOLDER / name)
    if not (is_there and (FOLDER / "node_modules").exists()):
        npm_ci(FOLDER)
    return FOLDER / "provider.mjs"


@dataclass
class Provider:
    """A provider that runs; people can be added and renamed at any time."""

    issuer: str
    people: Path

    def has(self, login: str, **claims: Any) -> None:
        """Somebody can log in as *login* from now on, with any password."""
        known = json.loads(self.people.read_text())
        self.people.write_text(json.dumps({**known, login: claims}))


@contextmanager
def running_provider(folder: Path, lab_url: str, *, port: int = 0) -> Iterator[Provider]:
    """A provider that knows the lab at *lab_url* as the client ``lab``."""
    port = port or free_port()
    issuer = f"http://127.0.0.1:{port}"
    people = folder / "people.json"
    people.write_text("{}")
    client = {
        "client_id": "lab",
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [f"{lab_url}/hub/login/oidc/callback"],
        "post_logout_redirect_uris": [f"{lab_url}/hub/login"],
    }
    settings = {"issuer": issuer, "port": port, "people": str(people), "clients": [client]}
    (folder / "settings.json").write_text(json.dumps(settings))
    program = ensure_provider()
    log = folder / "provider.log"
    with log.open("w") as errors:
        command = [node(), program, folder / "settings.json"]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n", log.read_text()
    try:
        yield Provider(issuer, people)
    finally:
        running.terminate()
        running.wait(PATIENCE_SECONDS)
        running.stdout.close()


def write_secret(lab_root: Path, name: str = "oidc.secret", text: str = CLIENT_SECRET) -> str:
    """A file with a client's secret that the lab accepts; returns its name in ``lab.toml``."""
    file = lab_root / name
    file.write_text(text + "\n")
    file.chmod(0o600)
    return name
