"""Homes that are folders of this machine."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from crepre_hub.backends.homes import (
    Home,
    Notes,
    ensure_unpacked,
    ensure_whole,
    look_command,
    parse_look,
    tar_command,
    untar_command,
)
from crepre_hub.backends.local.removal import is_there, remove_folder
from crepre_hub.errors import BackendError, HomeMissing

PART_BYTES = 256 * 1024


class FolderHomes:
    """
    Each home is a folder.

    Attributes:
        folder_of: Where the home of a user is, or would be.
        is_used: Whether a server of a user runs.
    """

    def __init__(self, folder_of: Callable[[str], Path], is_used: Callable[[str], bool]) -> None:
        self.folder_of = folder_of
        self.is_used = is_used

    def where(self, user: str) -> str:
        """The folder."""
        return str(self.folder_of(user))

    def look(self, users: Iterable[str]) -> Mapping[str, Home]:
        """The homes of *users* that are there."""
        return {user: self._look(user) for user in users if is_there(self.folder_of(user))}

    def _look(self, user: str) -> Home:
        command = look_command([str(self.folder_of(user))])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return parse_look(done.stdout)

    def pack(self, user: str) -> FolderPacking:
        """The home of *user* as an archive."""
        if not is_there(self.folder_of(user)):
            raise HomeMissing(f"{user} has no home.")
        return FolderPacking(tar_command(str(self.folder_of(user))))

    def unpack(self, user: str, archive: Iterable[bytes]) -> None:
        """Put an archive into an empty home."""
        folder = self.folder_of(user)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = untar_command(str(folder))
        tar = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        notes = _drained(tar.stderr)
        with contextlib.suppress(BrokenPipeError), _opened(tar.stdin) as pipe:
            for part in archive:
                pipe.write(part)
        ensure_unpacked(tar.wait(), notes().lines)

    def remove(self, user: str) -> None:
        """Remove the folder."""
        if self.is_used(user):
            raise BackendError(f"A server of {user} uses the home.")
        remove_folder(self.folder_of(user), f"The home of {user}")


class FolderPacking:
    """``tar`` at work."""

    def __init__(self, command: Sequence[str]) -> None:
        self._tar = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._notes = _drained(self._tar.stderr)

    @property
    def notes(self) -> Sequence[str]:
        """What ``tar`` said so far."""
        return tuple(self._notes().lines)

    def __iter__(self) -> Iterator[bytes]:
        with _opened(self._tar.stdout) as output:
            while part := output.read(PART_BYTES):
                yield part
        code = self._tar.wait()
        ensure_whole(code, self.notes)

    def close(self) -> None:
        """End ``tar`` if it is not at its end."""
        self._tar.kill()
        self._tar.wait()
        if self._tar.stdout:
            self._tar.stdout.close()
        self._notes()


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "asked for with PIPE"
    return pipe


def _drained(pipe: IO[bytes] | None) -> Callable[[], Notes]:
    """Reads *pipe* in a thread, so that its writer never waits; the answer comes at its end."""
    notes, stream = Notes(), _opened(pipe)

    def drain() -> None:
        with stream:
            while part := stream.read(4096):
                notes.take(part)

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()

    def ended() -> Notes:
        thread.join()
        return notes

    return ended
