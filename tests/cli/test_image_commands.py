"""``crepre image``: the builds that a machine has, and the way back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Crepre
from tests.machine.engine import Engine

NOWHERE = "unix:///nowhere/docker.sock"
FIELDS = [
    "image", "build", "id", "tags", "made", "size_bytes", "servers",
    "is_current", "is_previous", "is_held",
]  # fmt: skip


def test_each_build_has_the_same_fields(crepre: Crepre, docker_engine: Engine) -> None:
    """A program that reads the list can rely on them; of each image, one build is for students."""
    rows = crepre("image", "list", "--json", DOCKER_HOST=docker_engine.url).json
    assert all(list(row) == FIELDS for row in rows)
    for image in {row["image"] for row in rows}:
        assert sum(row["is_current"] for row in rows if row["image"] == image) <= 1


def test_no_way_back(crepre: Crepre, docker_engine: Engine) -> None:
    """An image without a previous build: exit 1, and where to look."""
    done = crepre("image", "rollback", "no-such-image", DOCKER_HOST=docker_engine.url)
    assert (done.code, done.files) == (1, frozenset())
    assert "no-such-image has no previous build on this machine." in done.err
    assert "crepre image list" in done.err


def test_a_silent_engine_is_said(crepre: Crepre, lab: Path) -> None:
    """No list is not an empty list."""
    for words in (["list"], ["rollback", "course-cpu"]):
        done = crepre("image", *words, DOCKER_HOST=NOWHERE)
        assert (done.code, done.out) == (1, "")
        assert "Docker does not answer" in done.err
    assert lab.exists()
