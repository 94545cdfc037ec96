"""
The packages of an image in a plain virtual environment, for a machine without Docker.

The same lock and the same package seat as in the image; only Debian's packages are missing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.image_folders import ImageFolder, expected_digest
from crepre_hub.ops.program import last_lines, run_program, stream_program

OnStep = Callable[[Step], None]

INSTALL_TIMEOUT_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Stack:
    """An environment with the packages of *folder*, at *target*; made by ``ensure_stack``."""

    folder: ImageFolder
    target: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.target / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where the environment's modules are."""
        major, minor, _ = platform.python_version_tuple()
        return self.target / "lib" / f"python{major}.{minor}" / "site-packages"

    @property
    def server(self) -> Path:
        """The program that is a student's server."""
        return self.target / "bin" / "crepre-seat"

    @property
    def stamp(self) -> Path:
        """Written last, so that a half-made environment is not taken for a whole one."""
        return self.target / "share" / "crepre" / "stamp"

    @property
    def is_current(self) -> bool:
        """Whether the environment is whole, from this recipe, and for this Python."""
        if not self.stamp.is_file() or not self.server.is_file() or not self.python.exists():
            return False
        return self.stamp.read_text() == wanted_stamp(self.folder)


def wanted_stamp(folder: ImageFolder) -> str:
    """What the stamp says: the recipe's digest and the Python that it was installed for."""
    return f"{expected_digest(folder)} python {platform.python_version()}\n"


def ensure_stack(
    folder: ImageFolder,
    target: Path,
    on_step: OnStep,
    *,
    environment: Mapping[str, str] | None = None,
) -> Stack:
    """
    Install the packages of *folder* at *target*, unless they are there already.

    An environment from another recipe or for another Python is replaced. Uses the ``uv`` beside
    the running Python if there is one, since it is quicker, else pip.

    Raises:
        CommandFailed: If a step failed; the message names it and says why.
    """
    stack = Stack(folder, target.absolute())
    if stack.is_current:
        return stack
    environ = installer_environment(os.environ if environment is None else environment)
    stack.stamp.unlink(missing_ok=True)
    on_step(Step(1, 3, "A fresh environment"))
    make_environment(stack, environ)
    on_step(Step(2, 3, "Python packages from the lock"))
    run_step(render_lock_command(stack, uv_or_none()), environ)
    on_step(Step(3, 3, "The package seat"))
    run_step(render_seat_command(stack), environ)
    for module in folder.modules:
        shutil.copy(module, stack.packages)
    run_step(render_compress_command(stack), environ)
    stack.stamp.parent.mkdir(parents=True, exist_ok=True)
    (stack.stamp.parent / "lock.txt").write_bytes(folder.lock.read_bytes())
    stack.stamp.write_text(wanted_stamp(folder))
    return stack


def installer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """
    The environment without what would lead an installer elsewhere.

    Older pips do not look at ``SSL_CERT_FILE``, so they are told in their own word.
    """
    unwanted = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER"}
    kept = {name: value for name, value in environment.items() if name not in unwanted}
    if kept.get("SSL_CERT_FILE"):
        kept.setdefault("PIP_CERT", kept["SSL_CERT_FILE"])
    return kept


def uv_or_none() -> Path | None:
    """The ``uv`` beside the running Python."""
    uv = Path(sys.executable).with_name("uv")
    return uv if os.access(uv, os.X_OK) else None


def make_environment(stack: Stack, environment: Mapping[str, str]) -> None:
    """Make an empty environment; whatever was at its place is removed first."""
    command = [sys.executable, "-m", "venv", "--clear", "--system-site-packages", str(stack.target)]
    try:
        run_program(command, environment=environment, timeout_seconds=INSTALL_TIMEOUT_SECONDS)
    except CommandFailed as problem:
        raise CommandFailed(
            problem.message, remedy="On Debian and Ubuntu: `apt-get install python3-venv`."
        ) from problem


def render_lock_command(stack: Stack, uv: Path | None) -> list[str]:
    """The command line that installs the lock; nothing is resolved, each file has its hash."""
    lock = str(stack.folder.lock)
    common = ["--no-deps", "--require-hashes", "--requirement", lock]
    if uv:
        python = str(stack.python)
        return [str(uv), "pip", "install", "--python", python, "--compile-bytecode", *common]
    return [*pip(stack), "--compile", *common]


def render_seat_command(stack: Stack) -> list[str]:
    """The command line that builds and installs the package seat, without a network."""
    return [*pip(stack), "--no-index", "--no-deps", "--no-build-isolation", str(stack.folder.seat)]


def render_compress_command(stack: Stack) -> list[str]:
    """The command line that puts a compressed twin beside each static file."""
    return [str(stack.python), "-m", "crepre_seat.compress", str(stack.target)]


def pip(stack: Stack) -> list[str]:
    """The environment's own ``pip install``."""
    return [str(stack.python), "-m", "pip", "install", "--disable-pip-version-check"]


def run_step(command: list[str], environment: Mapping[str, str]) -> None:
    """Run an installer to its end."""
    lines: list[str] = []
    if stream_program(command, environment=environment, on_line=lines.append):
        raise CommandFailed(
            f"Installing the course's packages failed:\n{last_lines(lines)}\n",
            remedy="Mend what the last lines say, then run the same command again.",
        )
