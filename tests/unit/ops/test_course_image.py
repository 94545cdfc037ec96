"""A course's own image: what is built, and what is said when that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.courses.own_files import APT, POST_BUILD, REQUIREMENTS, OwnFiles
from crepre_hub.errors import CommandFailed, SettingsError
from crepre_hub.ops.build_log import BuildLog
from crepre_hub.ops.course_image import (
    CourseImage,
    ensure_sound,
    explain,
    plan_course_build,
    tag_of,
)
from crepre_hub.ops.course_recipe import render_dockerfile
from crepre_hub.ops.image_build import render_build_command
from crepre_hub.ops.image_folders import ImageFolder

TEXTS = {APT: "tree", REQUIREMENTS: "tabulate\nnunpy\n", POST_BUILD: "#!/bin/sh\ntrue\n"}


@pytest.fixture
def wanted(tmp_path: Path) -> CourseImage:
    """An image with all three files, on an image with a lock."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "lock.txt").write_text("numpy==2.5 \\\n    --hash=sha256:0\n")
    return CourseImage("lab", OwnFiles("ml-101", TEXTS), ImageFolder(tmp_path / "cpu"))


def test_names(wanted: CourseImage) -> None:
    """Lab, course and image are in it, so that no two meet."""
    assert wanted.latest == "crepre/lab/ml-101/cpu:latest"
    assert wanted.name == "ml-101/cpu"


def test_another_build_below_is_another_image(wanted: CourseImage) -> None:
    """As other files are; the tag is what makes a build be there already."""
    other = CourseImage("lab", OwnFiles("ml-101", {APT: "tree"}), wanted.below)
    tags = {tag_of(each, below) for each in (wanted, other) for below in ("sha256:1", "sha256:2")}
    assert len(tags) == 4


def test_the_build(wanted: CourseImage, tmp_path: Path) -> None:
    """It stands on what students get, sees the course's files, and says what it is."""
    context = tmp_path / "context"
    context.mkdir()
    environment = {"https_proxy": "http://proxy"}
    command = " ".join(
        render_build_command(
            Path("docker"), plan_course_build(wanted, "sha256:1", context, environment)
        )
    )
    for words in (
        "--build-arg BASE=crepre/cpu:latest ",
        "--build-arg https_proxy ",
        "--label crepre.repository=crepre/lab/ml-101/cpu ",
        f"--label crepre.lock={wanted.files.digest} ",
        "--label crepre.course=ml-101 ",
        "--label crepre.stands-on=sha256:1 ",
        f"--tag {tag_of(wanted, 'sha256:1')} ",
    ):
        assert words in f"{command} "
    assert (context / APT).read_text() == "tree\n"
    assert (context / POST_BUILD).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", TEXTS)
def test_only_files_that_are_there_are_steps(name: str) -> None:
    """Each is one step, which sees no other file."""
    text = render_dockerfile(OwnFiles("ml", {name: "x"}))
    for other in TEXTS:
        assert (f"source={other}," in text) == (other == name)
        assert (f": {other}; set -eu" in text) == (other == name)


def test_steps_come_in_the_order_of_repo2docker(wanted: CourseImage) -> None:
    """Debian's packages, then Python's, then the script, which is not root, as no seat is."""
    text = render_dockerfile(wanted.files)
    places = [text.index(words) for words in (": apt.txt;", ": requirements.txt;", "USER 1000",
                                              ": postBuild;")]  # fmt: skip
    assert places == sorted(places)
    assert text.rstrip().endswith("USER 1000\nWORKDIR /home/student")
    assert "-perm /6000 -exec chmod a-s" in text


def test_a_mistake_is_seen_before_the_build(wanted: CourseImage) -> None:
    """Every one, with file and line as the admin knows them."""
    files = OwnFiles("ml-101", {APT: "Tree\n", REQUIREMENTS: "x\n\nnumpy<2\n"})
    with pytest.raises(SettingsError) as caught:
        ensure_sound(CourseImage("lab", files, wanted.below))
    assert caught.value.message.splitlines() == [
        "courses/ml-101/apt.txt:1: 'Tree' is not the name of a Debian package",
        "courses/ml-101/requirements.txt:3: asks for numpy<2, and the image has 2.5",
    ]


def failed(*lines: str) -> BuildLog:
    log = BuildLog()
    for line in ("#7 [3/7] RUN --mount=type=x : requirements.txt; set -eu;", *lines):
        log.feed(line)
    return log


def test_a_failed_build_begins_with_the_line(wanted: CourseImage) -> None:
    """Then what was said last, then what to type."""
    error = explain(wanted, failed("#7 1.2 ERROR: No matching distribution found for nunpy"))
    first, *others = error.message.splitlines()
    assert first == "courses/ml-101/requirements.txt:2: no version of 'nunpy' can be had"
    assert "  ERROR: No matching distribution found for nunpy" in others
    assert error.remedy == "Mend the line, then: crepre image build --course ml-101"


def test_what_compiles_may_need_a_compiler(wanted: CourseImage) -> None:
    """The usual reason is said."""
    error = explain(wanted, failed("#7 1.2 ERROR: Failed building wheel for tabulate"))
    assert "build-essential in apt.txt" in error.remedy


def test_a_failure_about_no_line_is_told_as_any_other(wanted: CourseImage) -> None:
    """A full disk is not the course's mistake."""
    error = explain(wanted, failed("#7 1.2 OSError: [Errno 28] No space left on device"))
    assert isinstance(error, CommandFailed)
    assert "in step 3 of 7 (requirements.txt)" in error.message
    assert "docker system df" in error.remedy
