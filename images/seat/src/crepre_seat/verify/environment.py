"""Packages: those of the lock, those that can be imported, and those that a student adds."""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from crepre_seat.verify.report import Check, ensure

LOCK = Path(sys.prefix, "share/crepre/lock.txt")
BESIDE_THE_LOCK = {"pip", "setuptools", "wheel", "uv", "crepre-seat"}
SERVER = (
    "IPython",
    "ipykernel",
    "ipywidgets",
    "jupyter_resource_usage",
    "jupyterhub.singleuser",
    "jupyterlab",
    "nbgitpuller",
    "crepre_seat",
)
"""What every student's server holds."""


def imports(*modules: str) -> Check:
    """A check that *modules* can be imported, and those of every server."""

    def check_imports() -> str:
        for name in (*SERVER, *modules):
            importlib.import_module(name)
        slow = importlib.util.find_spec("rfc3987_syntax")
        ensure(
            slow is None, "rfc3987_syntax is installed; it costs each start of a server a second"
        )
        return f"{len(SERVER) + len(modules)} modules"

    return check_imports


def check_lock() -> str:
    """Installed is what the lock names, and nothing else."""
    wanted = locked()
    found = {
        canonical(each.metadata["Name"]): each.version
        for each in importlib.metadata.distributions(path=site_packages())
    }
    differing = {
        f"{name} {found.get(name, 'missing')}, lock: {wanted.get(name, 'not there')}"
        for name in (wanted.keys() | found.keys()) - BESIDE_THE_LOCK
        if wanted.get(name) != found.get(name)
    }
    ensure(not differing, "; ".join(sorted(differing)))
    return f"{len(wanted)} packages"


def locked() -> dict[str, str]:
    """The versions that the lock names for this Python."""
    from packaging.requirements import Requirement

    lines = re.findall(r"^[a-z0-9].*?(?= \\$)", LOCK.read_text(), re.MULTILINE)
    return {
        canonical(requirement.name): str(requirement.specifier)[2:]
        for requirement in map(Requirement, lines)
        if requirement.marker is None or requirement.marker.evaluate()
    }


def canonical(name: str) -> str:
    """A package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def site_packages() -> list[str]:
    """The folders of this environment that hold packages."""
    return [each for each in sys.path if each.startswith(sys.prefix) and each.endswith("-packages")]


def check_own_package() -> str:
    """
    A student's ``pip install`` goes into the home, and the image's own packages win.

    A package that the image has already would not take effect there, so pip refuses it.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = little_wheel(Path(folder), "crepre_own", "1.0")
        install(folder, own)
        said = python("-c", "import crepre_own; print(crepre_own.__file__)")
        python("-m", "pip", "uninstall", "--yes", "crepre_own")
        home = str(Path.home() / ".local")
        ensure(said.startswith(home), f"the package went to {said}")
        refused = install(folder, little_wheel(Path(folder), "tornado", "99.0"), may_fail=True)
        ensure("will lack sys.path precedence" in refused, f"pip replaced a package: {refused}")
    return f"into {home}"


def install(folder: str, wheel: Path, *, may_fail: bool = False) -> str:
    """Install *wheel* as a student would, but without a network."""
    words = ("-m", "pip", "install", "--no-index", "--no-deps", "--cache-dir", folder, str(wheel))
    return python(*words, may_fail=may_fail)


def python(*words: str, may_fail: bool = False) -> str:
    """What this environment's Python says to *words*, as the student types them in a terminal."""
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    ensure(may_fail or done.returncode == 0, done.stderr.strip()[-500:])
    return (done.stdout + done.stderr if may_fail else done.stdout).strip()


def little_wheel(folder: Path, name: str, version: str) -> Path:
    """
    A package with one empty module.

    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: crepre\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
    return path


def record(files: Mapping[str, str], own: str) -> str:
    """The list of a wheel's files with their digests."""
    lines = []
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        lines.append(f"{file},sha256={digest.decode()},{len(text)}\n")
    return "".join([*lines, f"{own},,\n"])
