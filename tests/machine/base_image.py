"""The image that the course's images are built on: Debian's official one, or its equal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.machine.packages import program

OFFICIAL = "debian:trixie-slim"
OWN = "crepre-base:trixie"
RELEASE = "trixie"
PULL_TIMEOUT_SECONDS = 120
MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://security.debian.org/debian-security"


class BaseImageMissingError(Exception):
    """No base image is there, and none can be had; the message says why."""


def ensure_base_image(docker: Path, environment: Mapping[str, str]) -> str:
    """
    The name of a base image that this engine has; pulled or made if need be.

    What was made here once is used again.

    Raises:
        BaseImageMissingError: If there is none and none can be made.
    """
    for name in (OFFICIAL, OWN):
        if has_image(docker, name, environment):
            return name
    if pull(docker, OFFICIAL, environment):
        return OFFICIAL
    make_base_image(docker, OWN, environment)
    return OWN


def has_image(docker: Path, name: str, environment: Mapping[str, str]) -> bool:
    """Whether the engine has the image *name*."""
    return succeeds([docker, "image", "inspect", name], environment)


def pull(docker: Path, name: str, environment: Mapping[str, str]) -> bool:
    """Whether the image *name* could be pulled."""
    return succeeds([docker, "pull", "--quiet", name], environment)


def succeeds(command: Sequence[str | Path], environment: Mapping[str, str]) -> bool:
    """Whether *command* ends well and in time."""
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            capture_output=True,
            timeout=PULL_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def render_debootstrap_command(mmdebstrap: Path) -> list[str]:
    """
    The command line that writes a minimal Debian as a tar archive to its output.

    What the official slim image leaves out (manuals, translations) is left out here too.
    Source: https://github.com/debuerreotype/debuerreotype/blob/master/scripts/.slimify-excludes
    """
    keep = "/usr/share/doc/*/copyright"
    left_out = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
    return [
        str(mmdebstrap),
        "--quiet",
        "--variant=minbase",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in left_out),
        f"--dpkgopt=path-include={keep}",
        RELEASE,
        "-",
        f"deb {MIRROR} {RELEASE} main",
        f"deb {MIRROR} {RELEASE}-updates main",
        f"deb {SECURITY} {RELEASE}-security main",
    ]


def make_base_image(docker: Path, name: str, environment: Mapping[str, str]) -> None:
    """Make the image *name* from Debian's packages."""
    mmdebstrap = program("mmdebstrap")()
    if mmdebstrap is None:
        raise BaseImageMissingError(f"{OFFICIAL} cannot be pulled, and mmdebstrap is missing")
    if os.geteuid() != 0:
        raise BaseImageMissingError(f"{OFFICIAL} cannot be pulled, and only root can make one")
    with subprocess.Popen(
        render_debootstrap_command(mmdebstrap), env=dict(environment), stdout=subprocess.PIPE
    ) as making:
        loading = subprocess.run(
            [docker, "import", "--change", 'CMD ["bash"]', "-", name],
            env=dict(environment),
            stdin=making.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if making.returncode or loading.returncode:
        succeeds([docker, "rmi", name], environment)  # half an image is none
        raise BaseImageMissingError(f"making {name} failed: {loading.stderr.strip()}")
