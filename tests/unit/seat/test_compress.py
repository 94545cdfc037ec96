"""Twins of static files: which are made, and which count."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest
from crepre_seat.compress import (
    accepts_gzip,
    compress,
    is_hashed,
    main,
    static_files,
    twin_of,
)

TEXT = b"function later() { return sooner; }\n" * 200


def write(file: Path, content: bytes = TEXT) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_a_twin_holds_the_same_and_is_smaller(tmp_path: Path) -> None:
    """Unpacked it is its file to the byte; it may be read by whoever may read the file."""
    file = write(tmp_path / "a.js")
    file.chmod(0o644)
    saved = compress(file)
    twin = Path(twin_of(str(file)))
    assert gzip.decompress(twin.read_bytes()) == TEXT
    assert saved == len(TEXT) - twin.stat().st_size > 0
    assert twin.stat().st_mode == file.stat().st_mode


def test_making_twins_again_changes_nothing(tmp_path: Path) -> None:
    """The same file gives the same twin, whenever it is made."""
    file = write(tmp_path / "a.js")
    compress(file)
    first = Path(twin_of(str(file))).read_bytes()
    compress(file)
    assert Path(twin_of(str(file))).read_bytes() == first
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.js", "a.js.gz"]


@pytest.mark.parametrize("content", [b"", b"short", random.Random(1).randbytes(5000)])
def test_what_does_not_become_smaller_has_no_twin(tmp_path: Path, content: bytes) -> None:
    """And loses the one that it had."""
    file = write(tmp_path / "a.js", content)
    write(tmp_path / "a.js.gz", b"old")
    assert compress(file) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.js"]


def test_a_file_that_was_replaced_has_no_twin(tmp_path: Path) -> None:
    """Whoever installs another version over it is served that version."""
    file = write(tmp_path / "a.js")
    compress(file)
    assert twin_of(str(file)) == f"{file}.gz"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert twin_of(str(file)) == ""
    assert twin_of(str(tmp_path / "b.js")) == ""


def test_an_image_may_cut_times_to_the_second(tmp_path: Path) -> None:
    """A twin made before counts after."""
    file = write(tmp_path / "a.js")
    os.utime(file, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    compress(file)
    for each in (file, tmp_path / "a.js.gz"):
        os.utime(each, (1_700_000_000, 1_700_000_000))
    assert twin_of(str(file))


def test_what_browsers_are_sent_is_found(tmp_path: Path) -> None:
    """JupyterLab's files, its extensions' and those of packages; nothing that a server reads."""
    packages = "lib/python3.13/site-packages"
    wanted = {
        "share/jupyter/lab/static/main.js",
        "share/jupyter/lab/static/deep/er.css",
        "share/jupyter/labextensions/@x/y/static/remoteEntry.js",
        f"{packages}/notebook/static/tree.js",
    }
    for name in (
        *wanted,
        "share/jupyter/lab/schemas/x/plugin.json",
        "share/jupyter/lab/static/picture.png",
        "share/jupyter/lab/static/main.js.map",
        f"{packages}/notebook/templates/tree.html",
        f"{packages}/jupyterlab/static/main.js",
        f"{packages}/numpy/core.py",
    ):
        write(tmp_path / name)
    (tmp_path / "share/jupyter/lab/static/link.js").symlink_to("main.js")
    found = {file.relative_to(tmp_path).as_posix() for file in static_files(tmp_path)}
    assert found == wanted
    assert main([str(tmp_path)]) == 0
    assert {f"{file.relative_to(tmp_path)}" for file in tmp_path.rglob("*.gz")} == {
        f"{name}.gz" for name in wanted
    }


@pytest.mark.parametrize("words", [[], ["/nowhere/at/all"], ["/", "/"]])
def test_without_an_environment_nothing_is_done(words: list[str]) -> None:
    """Being used wrongly ends with 2."""
    assert main(words) == 2


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("jlab_core.8811dd2733d03721.js", True),
        ("cd7322bf5a6e6fcf.svg", True),
        ("remoteEntry.5cbb9d2323598fbda535.js", True),
        ("main.efd36b46f3b45eb8.js.map", True),
        ("fa-solid-900.af6396503fbdd7c4a3a9.woff2", True),
        ("favicon.ico", False),
        ("index.css", False),
        ("style.min.css", False),
        ("1234.js", False),
        ("deadbeefdeadbeefx.js", False),
        ("version.20261124.js", False),
    ],
)
def test_a_name_that_tells_its_content_is_known(name: str, hashed: bool) -> None:
    """Only such a file may be kept by a browser for ever."""
    assert is_hashed(name) is hashed


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip; q=0.001", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("*", False),
        ("gzip;q=0", False),
        ("gzip ; q = 0.000", False),
        ("x-gzip-x", False),
    ],
)
def test_a_browser_says_what_it_takes(header: str, taken: bool) -> None:
    """Who does not say gzip gets the file as it is."""
    assert accepts_gzip(header) is taken
