"""``crepre image``: the builds that a machine has, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.fixture
def own(lab: Path) -> Path:
    """The folder of what the lab's course asks for on top of its image."""
    folder = lab / "courses" / "first-course"
    folder.mkdir()
    return folder


def test_mistakes_of_a_courses_files_are_told_by_check(crepre: Crepre, own: Path) -> None:
    """With file and line, before anything is built; exit 2."""
    (own / "requirements.txt").write_text("# mine\nnumpy<2\n")
    told = "courses/first-course/requirements.txt:2: asks for numpy<2, and the image has "
    for words in (["check"], ["check", "courses/first-course.toml"]):
        done = crepre(*words)
        assert (done.code, done.files) == (2, frozenset())
        assert done.err.startswith(told)
    (own / "requirements.txt").write_text("tabulate\n")
    assert crepre("check").code == 0


def test_a_mistake_starts_no_build(crepre: Crepre, own: Path, docker_engine: Engine) -> None:
    """The same sentence, exit 2."""
    (own / "requirements.txt").write_text("-r more.txt\n")
    words = ("image", "build", "--course", "first-course")
    done = crepre(*words, DOCKER_HOST=docker_engine.url)
    assert done.code == 2
    assert "courses/first-course/requirements.txt:1: '-r more.txt' names a file" in done.err


def test_a_course_that_asks_for_nothing(crepre: Crepre, lab: Path, docker_engine: Engine) -> None:
    """Nothing is built, and that is said; a program gets an empty list."""
    words = ("image", "build", "--course", "first-course")
    done = crepre(*words, DOCKER_HOST=docker_engine.url)
    assert done.code == 0
    assert "asks for nothing of its own in courses/first-course/" in done.out
    assert crepre(*words, "--json", DOCKER_HOST=docker_engine.url).json == []
    assert lab.exists()


def test_a_course_that_is_not_there(crepre: Crepre, lab: Path) -> None:
    """The near miss is named; exit 2."""
    done = crepre("image", "build", "--course", "first-curse")
    assert done.code == 2
    assert "did you mean 'first-course'?" in done.err
    assert crepre("image", "build", "guard", "--course", "first-course").code == 2
    assert lab.exists()


def test_a_prune_that_is_only_tried(crepre: Crepre, docker_engine: Engine) -> None:
    """It removes nothing, and says what would go."""
    before = crepre("image", "list", "--json", DOCKER_HOST=docker_engine.url).json
    told = crepre("image", "prune", "--dry-run", "--json", DOCKER_HOST=docker_engine.url).json
    assert told["removed"] == []
    idle = [row["build"] for row in before if not row["is_current"] and not row["servers"]]
    assert {each["build"] for each in told["would_remove"]} <= set(idle)
    done = crepre("image", "prune", "--dry-run", DOCKER_HOST=docker_engine.url)
    assert (done.code, done.files) == (0, frozenset())


def test_no_bill_of_an_image_that_is_not_here(crepre: Crepre, docker_engine: Engine) -> None:
    """Exit 1, nothing printed that could be taken for one."""
    done = crepre("image", "sbom", "no-such-image", DOCKER_HOST=docker_engine.url)
    assert (done.code, done.out) == (1, "")
    assert "There is no image no-such-image on this machine." in done.err
