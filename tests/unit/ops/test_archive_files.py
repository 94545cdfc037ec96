"""The folder of archives: whole files or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crepre_hub.errors import Busy, DiskFull
from crepre_hub.ops.archive_files import ArchiveFolder, Written

TEXT = b"all of it"
WRITTEN = Written(len(TEXT), hashlib.sha256(TEXT).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> ArchiveFolder:
    return ArchiveFolder(tmp_path / "archives")


def files(folder: ArchiveFolder) -> set[str]:
    found = (path.relative_to(folder.root) for path in folder.root.rglob("*") if path.is_file())
    return {path.as_posix() for path in found} - {".lock"}


def test_a_file_is_written_with_its_checksum(folder: ArchiveFolder) -> None:
    """And nobody else on the machine reads it."""
    with folder.alone():
        assert folder.write("music/ada.tar.gz", [TEXT[:3], TEXT[3:]]) == WRITTEN
    assert folder.trouble("music/ada.tar.gz", WRITTEN) == ""
    assert (folder.root / "music" / "ada.tar.gz").stat().st_mode & 0o777 == 0o600
    assert folder.root.stat().st_mode & 0o777 == 0o700


def test_what_breaks_off_leaves_nothing(folder: ArchiveFolder) -> None:
    """No file, not even a part of one, and an earlier one under the name stays as it was."""

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    with folder.alone():
        folder.write("music/ada.tar.gz", [TEXT])
        with pytest.raises(RuntimeError):
            folder.write("music/ada.tar.gz", broken())
        with pytest.raises(RuntimeError):
            folder.write("music/bo.tar.gz", broken())
    assert files(folder) == {"music/ada.tar.gz"}
    assert folder.trouble("music/ada.tar.gz", WRITTEN) == ""


def test_what_a_crash_left_half_written_is_removed_by_the_next(folder: ArchiveFolder) -> None:
    """And no archive with it."""
    with folder.alone():
        folder.write("music/ada.tar.gz", [TEXT])
        (folder.root / "music" / "bo.tar.gz.part").write_bytes(b"half")
    with folder.alone():
        assert files(folder) == {"music/ada.tar.gz"}


def test_two_writers_do_not_meet(folder: ArchiveFolder) -> None:
    """The second is told, and may come back."""
    with folder.alone(), pytest.raises(Busy), ArchiveFolder(folder.root).alone():
        pass
    with folder.alone():
        pass


def test_a_changed_or_missing_archive_is_found(folder: ArchiveFolder) -> None:
    """Before a home is removed on its word."""
    with folder.alone():
        folder.write("music/ada.tar.gz", [b"All of it"])
    assert folder.trouble("music/ada.tar.gz", WRITTEN) == "its archive is not as it was written"
    assert "cannot be read" in folder.trouble("music/bo.tar.gz", WRITTEN)
    assert folder.size_or_none("music/bo.tar.gz") is None


def test_what_may_not_fit_is_refused_with_a_remedy(folder: ArchiveFolder) -> None:
    """With both amounts, before anything is written."""
    folder.ensure_room(1, "A file")
    with pytest.raises(DiskFull, match=r"The homes of music may take .* has room for") as caught:
        folder.ensure_room(2**62, "The homes of music")
    assert "symbolic link" in caught.value.remedy
    assert files(folder) == set()


def test_the_checksums_are_those_that_the_usual_program_takes(folder: ArchiveFolder) -> None:
    """A line for each file, by its name in the same folder; the manifest says the rest."""
    home = {"owner": "ada", "file": "music/ada.tar.gz", "sha256": WRITTEN.sha256}
    with folder.alone():
        folder.write_lists("music", {"course": "music", "homes": [home]})
    sums = (folder.root / "music" / "SHA256SUMS").read_text()
    assert sums == f"{WRITTEN.sha256}  ada.tar.gz\n"
    manifest = json.loads((folder.root / "music" / "manifest.json").read_text())
    assert manifest["homes"] == [home]
