"""A docker client is chosen by what it can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.docker_cli import (
    DockerClient,
    find_docker_client,
    no_client,
    programs_on_path,
    read_version,
)


@pytest.mark.parametrize(
    ("version", "has_buildx", "can"),
    [
        ("17.03.1", False, False),
        ("18.09.0", False, True),
        ("20.10.24", False, True),
        ("20.10.24", True, True),
        ("23.0.0", False, False),
        ("23.0.0", True, True),
        ("28.2.2", False, False),
        ("29.0.1", True, True),
        ("", True, False),
    ],
)
def test_who_can_buildkit(version: str, has_buildx: bool, can: bool) -> None:
    """From 18.09 to 22 the client itself builds with BuildKit, later ones only with buildx."""
    assert DockerClient(Path("docker"), version, has_buildx).can_buildkit is can


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Docker version 20.10.24+dfsg1, build 297e128\n", "20.10.24"),
        ("Docker version 28.2.2, build e6534b4", "28.2.2"),
        ("podman version 5.4.2", "5.4.2"),
        ("", ""),
        ("command not found", ""),
    ],
)
def test_the_version_is_read(said: str, version: str) -> None:
    """The version stands after its word, whatever a distribution appends."""
    assert read_version(said) == version


def test_a_program_reached_twice_is_listed_once(tmp_path: Path) -> None:
    """Links, repeated folders and files that cannot be executed are left out."""
    first, second, third = (tmp_path / name for name in "abc")
    for folder in (first, second, third):
        folder.mkdir()
    (first / "docker").write_text("")
    (second / "docker").write_text("")
    (second / "docker").chmod(0o755)
    (third / "docker").symlink_to(second / "docker")
    path = f"{first}:{second}::{third}:{second}:{tmp_path / 'absent'}"
    assert list(programs_on_path("docker", path)) == [second / "docker"]


def test_no_client_at_all_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Where there is no docker, the message names the package that brings it."""
    with pytest.raises(CommandFailed, match="no docker client") as caught:
        find_docker_client({"PATH": str(tmp_path)})
    assert "docker.io" in caught.value.remedy


def test_a_client_without_buildkit_is_named() -> None:
    """Where the only clients cannot build, each is named with its place and version."""
    failure = no_client([DockerClient(Path("/usr/local/bin/docker"), "28.2.2", has_buildx=False)])
    assert "docker 28.2.2 at /usr/local/bin/docker" in failure.message
    assert "buildx" in failure.remedy
