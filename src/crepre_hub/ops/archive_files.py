"""
The folder that holds archives: a folder for each course, with a list of checksums and a manifest.

A file that has its name is whole: it is written under another one, brought to the disk, and then
renamed. The folder may be a symbolic link to a larger disk.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.errors import BackendError, Busy, DiskFull
from crepre_hub.units import format_size

GiB = 1024**3

KEPT_FREE_BYTES = 1 * GiB
"""Below it databases may not be written, and nobody can start."""

LOOK_EVERY_BYTES = 16 * 1024**2

READ_BYTES = 1024**2
PART = ".part"

MAKE_ROOM = (
    "Make room, or move the folder to a larger disk and leave a symbolic link to it in its place."
)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is whole and on the disk."""

    size_bytes: int
    sha256: str


class ArchiveFolder:
    """
    Files of archives below *root*.

    Methods may raise ``DiskFull``, or ``BackendError`` where the folder cannot be used; then
    nothing has a name that did not have it before.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def free_bytes(self) -> int:
        """What may be written without taking the lab's last room."""
        self._ensure_there()
        seen = os.statvfs(self.root)
        return max(0, seen.f_bavail * seen.f_frsize - KEPT_FREE_BYTES)

    def _ensure_there(self) -> None:
        """Make the folder; BackendError where there can be none: behind a link to nothing."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BackendError(
                f"The folder of archives, {self.root}, cannot be used: {error.strerror}.",
                remedy="If it is a link to another disk, look whether that one is mounted.",
            ) from error

    def ensure_room(self, size_bytes: int, what: str) -> None:
        """Raise ``DiskFull`` where *what* may not fit."""
        free = self.free_bytes()
        if size_bytes > free:
            raise DiskFull(
                f"{what} may take {format_size(size_bytes)}, and {self.root} has room for"
                f" {format_size(free)}.",
                remedy=MAKE_ROOM,
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for one writer; what an earlier one left half-written is removed."""
        self._ensure_there()
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy("Another command is at work on the archives.") from None
            for half in self.root.glob(f"*/*{PART}"):
                half.unlink()
            yield

    def write(self, file: str, parts: Iterable[bytes]) -> Written:
        """Write *parts* to *file*, below the folder of its course; all of it or nothing."""
        target = self.root / file
        target.parent.mkdir(exist_ok=True, mode=0o700)
        half = target.with_name(target.name + PART)
        try:
            written = self._write(half, parts)
            half.rename(target)
            _sync(target.parent)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"The disk of {self.root} is full.", remedy=MAKE_ROOM) from error
            raise
        finally:
            half.unlink(missing_ok=True)
        return written

    def _write(self, half: Path, parts: Iterable[bytes]) -> Written:
        digest, size, looked = hashlib.sha256(), 0, 0
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            for part in parts:
                output.write(part)
                digest.update(part)
                size += len(part)
                if size - looked > LOOK_EVERY_BYTES:
                    looked = size
                    self.ensure_room(1, f"{half.name.removesuffix(PART)}")
            output.flush()
            os.fsync(output.fileno())
        return Written(size, digest.hexdigest())

    def size_or_none(self, file: str) -> int | None:
        """How large *file* is; None if it is not there."""
        try:
            return (self.root / file).stat().st_size
        except OSError:
            return None

    def trouble(self, file: str, expected: Written) -> str:
        """What is wrong with *file*, read to its end; empty if nothing is."""
        digest = hashlib.sha256()
        try:
            with (self.root / file).open("rb") as archive:
                while part := archive.read(READ_BYTES):
                    digest.update(part)
        except OSError as error:
            return f"its archive cannot be read: {error.strerror}"
        same = digest.hexdigest() == expected.sha256
        return "" if same else "its archive is not as it was written"

    def remove(self, file: str) -> None:
        """Remove an archive; may be repeated."""
        (self.root / file).unlink(missing_ok=True)

    def write_lists(self, course: str, manifest: Mapping[str, object]) -> None:
        """``SHA256SUMS`` and ``manifest.json`` of a course; its key ``homes`` lists the files."""
        homes = manifest["homes"]
        assert isinstance(homes, list)
        sums = "".join(f"{home['sha256']}  {Path(home['file']).name}\n" for home in homes)
        whole = json.dumps(manifest, indent=2, default=str) + "\n"
        for name, text in (("SHA256SUMS", sums), ("manifest.json", whole)):
            self.write(f"{course}/{name}", [text.encode()])


def _sync(folder: Path) -> None:
    """Bring the new name to the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
