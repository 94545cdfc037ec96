"""Files as a stream of tar, owned by the seats' user; nothing is held in memory as a whole."""

from __future__ import annotations

import stat
import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from crepre_hub.backends.docker.container import SEAT_UID
from crepre_hub.errors import BackendError

PIECE_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Packed:
    """
    One member of the stream.

    Attributes:
        source: Where its bytes are; None for what has none, such as a folder.
    """

    header: tarfile.TarInfo
    source: Path | None = None


def packed_folder(name: str) -> Packed:
    """A folder, which may be there already."""
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.mtime = tarfile.DIRTYPE, 0o755, int(time.time())
    header.uid = header.gid = SEAT_UID
    return Packed(header)


def packed_files(files: Sequence[Path], folder: str, into: PurePosixPath) -> Iterator[Packed]:
    """
    *files* and all in them, in *folder* below *into*; devices, pipes and sockets stay out.

    Raises:
        BackendError: If one cannot be read.
    """
    place = PurePosixPath(folder, into)
    for parent in (*reversed(place.parents), place):
        if parent.parts:
            yield packed_folder(str(parent))
    for file in files:
        name = file.absolute().name or "root"
        yield from _all_of(file, place / name)


def _all_of(file: Path, name: PurePosixPath) -> Iterator[Packed]:
    try:
        seen = file.lstat()
        below = sorted(file.iterdir()) if stat.S_ISDIR(seen.st_mode) else []
        target = str(file.readlink()) if stat.S_ISLNK(seen.st_mode) else ""
    except OSError as error:
        raise BackendError(f"{file} cannot be read: {error.strerror}.") from error
    if stat.S_ISDIR(seen.st_mode):
        yield packed_folder(str(name))
        for each in below:
            yield from _all_of(each, name / each.name)
        return
    header = tarfile.TarInfo(str(name))
    header.uid = header.gid = SEAT_UID
    header.mtime = int(seen.st_mtime)
    header.mode = 0o755 if seen.st_mode & stat.S_IXUSR else 0o644
    if target:
        header.type, header.linkname = tarfile.SYMTYPE, target
        yield Packed(header)
    elif stat.S_ISREG(seen.st_mode):
        header.size = seen.st_size
        yield Packed(header, file)


def pack(members: Iterable[Packed]) -> Iterator[bytes]:
    """
    The stream.

    Raises:
        BackendError: If a file cannot be read, or became shorter meanwhile.
    """
    for member in members:
        yield member.header.tobuf(tarfile.PAX_FORMAT)
        if member.source is not None:
            yield from _bytes_of(member.source, member.header.size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _bytes_of(source: Path, size: int) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            yield from _pieces(file, size)
    except OSError as error:
        raise BackendError(f"{source} cannot be read: {error.strerror}.") from error
    yield bytes(-size % tarfile.BLOCKSIZE)


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    """Exactly *left* bytes, as the header has promised."""
    while left:
        piece = file.read(min(PIECE_BYTES, left))
        if not piece:
            raise BackendError(f"{file.name} became shorter while it was read.")
        left -= len(piece)
        yield piece
