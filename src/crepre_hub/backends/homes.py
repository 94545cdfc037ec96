"""
What is done with the home of somebody who is not there: looked at, packed, unpacked, removed.

Whatever is in a home was made by a student. It is read by ``find`` and ``tar`` alone, which open
nothing but regular files and follow no link; no name from it is ever a word of a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from crepre_hub.errors import BackendError

SUFFIX = ".tar.gz"
"""Of what ``pack`` gives: every system of the last decades opens it."""

NOTES_KEPT = 20
LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Home:
    """
    A home that is there.

    Attributes:
        size_bytes: The room that it takes; holes in files take none.
        entries: Files and folders in it.
        changed_at: When anything in it was last written, renamed or made; no student can set it.
    """

    size_bytes: int
    entries: int
    changed_at: datetime


class Packing(Protocol):
    """
    A home on its way into an archive, a part at a time; what is not asked for is not read.

    Iterating ends with ``BackendError`` if the archive is not whole.
    """

    @property
    def notes(self) -> Sequence[str]:
        """What was said of single files, such as one that changed meanwhile; at most 20."""
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Leave nothing running, whether or not it was at its end; may be repeated."""
        ...


class Homes(Protocol):
    """The homes of a lab; each method may take long, and may raise ``BackendError``."""

    def look(self, users: Iterable[str]) -> Mapping[str, Home]:
        """The homes of *users* that are there, by user."""
        ...

    def pack(self, user: str) -> Packing:
        """The home of *user*, which is there, as a compressed archive with one folder in it."""
        ...

    def unpack(self, user: str, archive: Iterable[bytes]) -> None:
        """Put what ``pack`` gave into the home of *user*, which is empty or not there."""
        ...

    def remove(self, user: str) -> None:
        """End a home for good; may be repeated. Raises if a server uses it."""
        ...


def tar_command(folder: str) -> list[str]:
    """
    Writes *folder* to its output, as ``home/...``.

    Holes stay holes, other file systems stay out, and a file that cannot be read keeps none of
    the others back. The format is the one that other programs read as well.
    Source: https://www.gnu.org/software/tar/manual/html_node/Option-Summary.html
    """
    return [
        "tar", "--create", "--use-compress-program=gzip -1", "--format=gnu", "--sparse",
        "--one-file-system", "--ignore-failed-read", "--numeric-owner",
        r"--transform=flags=rSh;s,^\.,home,", f"--directory={folder}", ".",
    ]  # fmt: skip


def untar_command(folder: str) -> list[str]:
    """Reads an archive of ``tar_command`` from its input into *folder*; owners are the reader's."""
    return [
        "tar", "--extract", "--gzip", "--strip-components=1", "--no-same-owner",
        "--no-same-permissions", "--sparse", "--no-overwrite-dir", f"--directory={folder}",
    ]  # fmt: skip


LOOK = """\
for folder in "$@"; do
    find "$folder" -xdev -printf '%i %n %y %b %C@\\n' 2>/dev/null |
    awk '
        $3 != "d" && $2 > 1 && seen[$1]++ { next }
        { entries++; blocks += $4; if ($5 > newest) newest = $5 }
        END { printf "%.0f %.0f %.6f\\n", blocks * 512, entries - 1, newest }'
done
"""
"""A line for each folder: bytes, entries below it, and when the newest changed. No name is in it.

A file with several names takes its room once: else a student could feign a home of any size."""


def look_command(folders: Sequence[str]) -> list[str]:
    """Prints ``LOOK``'s lines for *folders*."""
    return ["sh", "-c", LOOK, "look", *folders]


def parse_look(line: str) -> Home:
    """One line of ``LOOK``; BackendError if it is none."""
    try:
        size, entries, changed = line.split()
        return Home(int(size), int(entries), datetime.fromtimestamp(float(changed), UTC))
    except ValueError:
        raise BackendError(f"A home could not be looked at: {line[:LONGEST_NOTE]!r}") from None


class Notes:
    """The first lines that a program said, cut short: what is in them, a student may have named."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._rest = ""

    def take(self, text: bytes) -> None:
        """More of what was said."""
        if len(self.lines) >= NOTES_KEPT:
            return
        *whole, rest = (self._rest + text.decode(errors="replace")).split("\n")
        self._rest = rest[:LONGEST_NOTE]
        plain = ("".join(c if c.isprintable() else "?" for c in line) for line in whole)
        self.lines.extend(line[:LONGEST_NOTE] for line in plain if line)
        del self.lines[NOTES_KEPT:]


WHOLE = (0, 1)
"""Exit codes of ``tar`` with a whole archive; 1: some files changed while they were read."""


def ensure_whole(code: int, notes: Sequence[str]) -> None:
    """Raise ``BackendError`` if ``tar`` ended with the exit code of a broken archive."""
    if code not in WHOLE:
        last = notes[-1] if notes else "it said nothing"
        raise BackendError(f"The archive is not whole (tar ended with {code}: {last}).")


def ensure_unpacked(code: int, notes: Sequence[str]) -> None:
    """Raise ``BackendError`` if ``tar`` could not put everything back."""
    if code != 0:
        first = notes[0] if notes else "it said nothing"
        raise BackendError(f"Not all of the archive came back (tar ended with {code}: {first}).")
