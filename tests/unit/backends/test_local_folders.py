"""A course's folders without containers."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from crepre_hub.backends.local.folders import (
    ensure_folders,
    look_at_folders,
    put_into,
    remove_folders,
)
from crepre_hub.cli.course_files import place_within
from crepre_hub.errors import BackendError, CourseError


def test_folders_are_made_once_and_measured(tmp_path: Path) -> None:
    """Nothing is there before; making them again loses nothing; a link counts as itself."""
    assert [each.size_bytes for each in look_at_folders(tmp_path, "music")] == [None, None]
    ensure_folders(tmp_path, "music")
    (tmp_path / "courses/music/data/tune.txt").write_text("la" * 100)
    (tmp_path / "courses/music/shared/away").symlink_to("/etc/passwd")
    ensure_folders(tmp_path, "music")
    data, shared = look_at_folders(tmp_path, "music")
    assert (data.name, data.place, data.size_bytes) == (
        "data",
        f"{tmp_path}/courses/music/data",
        200,
    )
    assert shared.size_bytes == len("/etc/passwd")


def test_files_are_put_with_all_in_them(tmp_path: Path) -> None:
    """Again is the same again; what has the same name is replaced."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "lost").symlink_to("/nowhere")
    for text in ("la", "lala"):
        (corpus / "tune.txt").write_text(text)
        put_into(tmp_path, "music", [corpus, corpus / "tune.txt"], "data", PurePosixPath("w3"))
        for path in ("w3/corpus/tune.txt", "w3/tune.txt"):
            assert (tmp_path / "courses/music/data" / path).read_text() == text
        assert (tmp_path / "courses/music/data/w3/corpus/lost").is_symlink()


def test_what_cannot_be_copied_ends_in_a_sentence(tmp_path: Path) -> None:
    """Not in a stack trace."""
    with pytest.raises(BackendError, match="could not be copied"):
        put_into(tmp_path, "music", [tmp_path / "gone"], "data", PurePosixPath())


@pytest.mark.parametrize("text", ["..", "../x", "a/../../x", "/", "/etc", "a/.."])
def test_no_place_leads_out_of_the_folder(text: str) -> None:
    """Neither above it nor to the root."""
    with pytest.raises(CourseError, match="not a place within"):
        place_within(text)


@pytest.mark.parametrize("text", ["", "week3", "a/b", "..a", "./a"])
def test_places_within(text: str) -> None:
    """Empty is the folder itself."""
    assert place_within(text) == PurePosixPath(text)


def test_a_folder_that_is_elsewhere_is_not_said_to_be_removed(tmp_path: Path) -> None:
    """A link to another disk: what is there stays, and it is told."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "courses" / "music").mkdir(parents=True)
    (tmp_path / "courses" / "music" / "data").symlink_to(tmp_path / "disk")
    with pytest.raises(BackendError, match="is a link") as refused:
        remove_folders(tmp_path, "music")
    assert refused.value.remedy.startswith("Remove both by hand")
    assert (tmp_path / "disk").is_dir()
