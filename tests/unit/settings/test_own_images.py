"""A course's own files beside its file, and the record of what was made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.profiles.profile import Placement, Profile, on_own_image
from crepre_hub.settings.own_images import (
    LiveOwnImages,
    OwnImage,
    keep_images,
    own_problems,
    read_own_files,
    read_own_images,
    record_image,
    stray_folders,
)
from crepre_hub.settings.reader import SettingsProblems
from tests.unit.settings.conftest import WriteFile

MUSIC = Course(id="music", title="Music", profiles={"a": Profile(title="A", image="cpu")})


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A lab's own folder."""
    folder = tmp_path / "var"
    folder.mkdir()
    return folder


def made(root: Path, **more: str) -> OwnImage:
    """The image of what the course asks for now."""
    files = read_own_files(root, "music")
    values = {"image": "cpu", "digest": files.digest if files else "", "reference": "own:latest"}
    return OwnImage("music", **(values | more))


def problems(root: Path) -> list[str]:
    return [str(each) for each in LiveOwnImages(root).problems([MUSIC], ["cpu", "gpu"])]


def test_a_course_without_files_asks_for_nothing(tmp_path: Path, write: WriteFile) -> None:
    """Neither do empty files, or others."""
    assert read_own_files(tmp_path, "music") is None
    write("courses/music/requirements.txt", " \n")
    write("courses/music/environment.yml", "name: x")
    assert read_own_files(tmp_path, "music") is None
    assert problems(tmp_path) == []


def test_files_are_read_whatever_wrote_them(tmp_path: Path, write: WriteFile) -> None:
    """A file saved on Windows asks for the same."""
    write("courses/music/requirements.txt", b"\xef\xbb\xbftabulate\r\nsix\r\n")
    files = read_own_files(tmp_path, "music")
    assert files is not None
    assert files.texts == {"requirements.txt": "tabulate\nsix\n"}


def test_a_file_that_is_no_text_is_said(tmp_path: Path, write: WriteFile) -> None:
    """With its name, as other mistakes of a course."""
    write("courses/music/postBuild", b"\xff\xfe")
    with pytest.raises(SettingsProblems, match=r"courses/music/postBuild: is not UTF-8"):
        read_own_files(tmp_path, "music")
    assert problems(tmp_path) == ["courses/music/postBuild: is not UTF-8; save the file as UTF-8"]


def test_what_is_not_built_yet_is_told(tmp_path: Path, write: WriteFile, state: Path) -> None:
    """Until an image was made of the files as they are; then again when they change."""
    outdated = "courses/music: its image is outdated; students go on without the change:"
    told = [f"{outdated} crepre image build --course music"]
    write("courses/music/requirements.txt", "tabulate\n")
    assert problems(tmp_path) == told
    record_image(state, made(tmp_path))
    assert problems(tmp_path) == []
    write("courses/music/requirements.txt", "tabulate\nsix\n")
    assert problems(tmp_path) == told
    (tmp_path / "courses/music/requirements.txt").unlink()
    assert problems(tmp_path) == told


def test_each_image_of_a_course_is_looked_at(tmp_path: Path, write: WriteFile, state: Path) -> None:
    """A profile on another image needs a build of its own; one made elsewhere cannot have any."""
    write("courses/music/apt.txt", "tree\n")
    profiles = {
        "a": Profile(title="A", image="cpu"),
        "b": Profile(title="B", image="gpu"),
        "c": Profile(title="C", image="quay.io/x:1"),
    }
    both = Course(id="music", title="Music", profiles=profiles)
    live = LiveOwnImages(tmp_path)
    record_image(state, made(tmp_path))
    assert live.problems([both], ["cpu", "gpu"])
    record_image(state, made(tmp_path, image="gpu"))
    assert not live.problems([both], ["cpu", "gpu"])


def test_a_running_hub_sees_what_was_built(tmp_path: Path, state: Path) -> None:
    """Without a restart: the next server of the course starts from its own image."""
    live = LiveOwnImages(tmp_path)
    placement = Placement("music", "a", "cpu", 1, 2)
    assert on_own_image(placement, live.references()) == placement
    record_image(state, made(tmp_path))
    assert on_own_image(placement, live.references()).own_image == "own:latest"
    other = Placement("art", "a", "cpu", 1, 2)
    assert on_own_image(other, live.references()) == other
    keep_images(state, "music", [])
    assert on_own_image(placement, live.references()) == placement


def test_a_record_holds_one_image_for_each(tmp_path: Path, state: Path) -> None:
    """The last one counts."""
    record_image(state, made(tmp_path, reference="one"))
    record_image(state, made(tmp_path, image="gpu"))
    record_image(state, made(tmp_path, reference="two"))
    assert [(each.image, each.reference) for each in read_own_images(state)] == [
        ("cpu", "two"),
        ("gpu", "own:latest"),
    ]
    keep_images(state, "music", ["gpu"])
    assert [each.image for each in read_own_images(state)] == ["gpu"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", json.dumps([{"course": "x"}])])
def test_a_broken_record_is_none(state: Path, text: str) -> None:
    """Students then get the plain images; the doctor says what to build."""
    (state / "course-images.json").write_text(text)
    assert read_own_images(state) == ()


def test_mistakes_are_told_with_file_and_line(tmp_path: Path, write: WriteFile) -> None:
    """Each once, whichever images the course names."""
    write("courses/music/requirements.txt", "six\n\nnumpy<2\n")
    write("courses/music/apt.txt", "Tree\n")
    profiles = {"a": Profile(title="A", image="cpu"), "b": Profile(title="B", image="gpu")}
    both = Course(id="music", title="Music", profiles=profiles)
    locks = {"cpu": {"numpy": ["2.5"]}, "gpu": {"numpy": ["2.5"]}}
    assert [str(each) for each in own_problems(tmp_path, both, locks)] == [
        "courses/music/apt.txt:1: 'Tree' is not the name of a Debian package",
        "courses/music/requirements.txt:3: asks for numpy<2, and the image has 2.5",
    ]
    assert own_problems(tmp_path / "elsewhere", both, locks) == ()


def test_a_folder_of_no_course_is_told(tmp_path: Path, write: WriteFile) -> None:
    """What is in it would count for nothing; other folders may be there."""
    write("courses/musik/requirements.txt", "six\n")
    write("courses/music/notes.txt", "")
    write("courses/drafts/x.toml", "")
    told = ["courses/musik: is the folder of no course; did you mean 'music'?"]
    assert [str(each) for each in stray_folders(tmp_path, [MUSIC])] == told
    assert problems(tmp_path) == told
