"""What goes to the Engine for a course's folders: a tar that any program reads."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from crepre_hub.backends.docker.packing import Packed, pack, packed_files
from crepre_hub.errors import BackendError


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with everything in it that a file system knows."""
    folder = tmp_path / "corpus"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "blåbær.csv").write_bytes(b"1,2\n" * 1000)
    (folder / "empty").touch(mode=0o600)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    (folder / "link").symlink_to("/etc/shadow")
    os.mkfifo(folder / "pipe")
    return folder


def unpacked(*files: Path, into: str = "") -> dict[str, tarfile.TarInfo]:
    """What is in the stream, by name; the bytes of files are compared as well."""
    stream = b"".join(pack(packed_files(files, "data", PurePosixPath(into))))
    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_everything_is_there_and_the_seats(corpus: Path) -> None:
    """Links stay links, pipes stay out, and all belong to the seats' user, who reads them."""
    members = unpacked(corpus, into="week3/a")
    assert list(members) == [
        "data", "data/week3", "data/week3/a", "data/week3/a/corpus", "data/week3/a/corpus/deep",
        "data/week3/a/corpus/deep/blåbær.csv", "data/week3/a/corpus/empty",
        "data/week3/a/corpus/link", "data/week3/a/corpus/run.sh",
    ]  # fmt: skip
    assert {(each.uid, each.gid) for each in members.values()} == {(1000, 1000)}
    modes = {PurePosixPath(name).name: each.mode for name, each in members.items()}
    assert (modes["deep"], modes["empty"], modes["run.sh"]) == (0o755, 0o644, 0o755)
    assert members["data/week3/a/corpus/link"].linkname == "/etc/shadow"


def test_the_bytes_are_the_same(corpus: Path) -> None:
    """A file comes out as it went in, whatever its length."""
    stream = b"".join(pack(packed_files([corpus], "data", PurePosixPath())))
    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        for name in ("deep/blåbær.csv", "empty", "run.sh"):
            file = tar.extractfile(f"data/corpus/{name}")
            assert file is not None
            assert file.read() == (corpus / name).read_bytes()


def test_a_file_that_changes_meanwhile_is_an_error_and_no_shift(corpus: Path) -> None:
    """One that grew is cut at what was promised; one that shrank ends it all with a sentence."""
    file = corpus / "run.sh"
    packed: list[Packed] = list(packed_files([file], "data", PurePosixPath()))
    file.write_text("#!/bin/sh\nmuch more\n")
    assert b"much" not in b"".join(pack(packed))
    file.write_text("#")
    with pytest.raises(BackendError, match=r"run\.sh became shorter"):
        b"".join(pack(packed))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The sentence has its path."""
    with pytest.raises(BackendError, match=r"gone\.txt cannot be read"):
        unpacked(tmp_path / "gone.txt")
