"""
Static files with a compressed twin beside each: ``python -m crepre_seat.compress <prefix>``.

JupyterLab is 17 MB of JavaScript, of which a first visit loads a third. Jupyter Server sends them
as they are; compressed once, while the image is made, they are a third of that, and no student's
server spends time on it. ``static`` serves the twins.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TWIN = ".gz"
KINDS = {".css", ".html", ".ico", ".js", ".json", ".svg", ".txt", ".ttf", ".wasm", ".xml"}
"""What becomes smaller; pictures and WOFF are compressed already, source maps hardly read."""

SMALLEST_BYTES = 1024
"""A smaller answer is one packet either way."""

ELSEWHERE = "jupyterlab"
"""Its package holds all of its static files once more, for those who develop it."""

WORTHWHILE = 0.9
"""A twin that is larger than this share of its file is not kept."""

_HASHED = re.compile(r"(^|[.-])[0-9a-f]{16,64}\.(?:\w+\.)?\w+$")


def is_hashed(name: str) -> bool:
    """Whether a file called *name* has another name as soon as its content is another."""
    return _HASHED.search(name) is not None


def accepts_gzip(header: str) -> bool:
    """
    Whether a browser that says *header* in ``Accept-Encoding`` takes gzip.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
    """
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0{0,3})?\s*", weight)
    return False


def twin_of(file: str) -> str:
    """
    The compressed twin of *file*; empty where there is none, or the file is younger.

    A twin has its file's time to the second, which is as far as images keep times. Whoever
    replaces a file thus leaves no stale twin.
    """
    twin = file + TWIN
    try:
        same = int(Path(twin).stat().st_mtime) == int(Path(file).stat().st_mtime)
    except OSError:
        return ""
    return twin if same else ""


def static_files(prefix: Path) -> Iterator[Path]:
    """The files below *prefix* that Jupyter Server and its extensions send to browsers."""
    shared = prefix / "share" / "jupyter"
    for place in (
        shared / "lab" / "static",
        shared / "labextensions",
        *sorted(prefix.glob("lib/python*/site-packages/*/static")),
    ):
        if place.parent.name == ELSEWHERE:
            continue
        for file in sorted(place.rglob("*")):
            if file.suffix in KINDS and file.is_file() and not file.is_symlink():
                yield file


def compress(file: Path) -> int:
    """
    Put a twin beside *file*, if that is worthwhile; may be repeated.

    Returns:
        The bytes that it saves; 0 where there is none.
    """
    twin = Path(f"{file}{TWIN}")
    content = file.read_bytes()
    packed = gzip.compress(content, 9, mtime=0)
    if len(content) < SMALLEST_BYTES or len(packed) > WORTHWHILE * len(content):
        twin.unlink(missing_ok=True)
        return 0
    written = twin.with_name(f"{twin.name}.new")
    written.write_bytes(packed)
    status = file.stat()
    written.chmod(status.st_mode & 0o777)
    os.utime(written, ns=(status.st_mtime_ns, status.st_mtime_ns))
    written.replace(twin)
    return len(content) - len(packed)


def main(words: list[str]) -> int:
    """Compress all below the prefix in *words* and say how much that saves; 2 if used wrongly."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        print("Usage: python -m crepre_seat.compress <folder of the environment>", file=sys.stderr)
        return 2
    saved = [compress(file) for file in static_files(Path(words[0]))]
    smaller = [each for each in saved if each]
    print(f"{len(smaller)} of {len(saved)} static files, {sum(smaller) / 1e6:.1f} MB less to send")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
