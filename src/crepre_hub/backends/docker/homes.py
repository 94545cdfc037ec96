"""Homes that are volumes of Docker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from docker import APIClient
from docker.errors import NotFound
from docker.types import Mount

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.container import SEAT_UID
from crepre_hub.backends.docker.home_work import HomeWork, Task
from crepre_hub.backends.homes import (
    Home,
    ensure_unpacked,
    ensure_whole,
    look_command,
    parse_look,
    tar_command,
    untar_command,
)
from crepre_hub.errors import BackendError
from crepre_hub.names import home_volume

AT_ONCE = 50
"""Homes that one container looks at."""

PLACE = "/homes/0"

READ_ALL = ("DAC_READ_SEARCH",)
"""Also what its owner has closed to everybody, themselves included."""


class VolumeHomes:
    """
    Each home is a volume.

    Attributes:
        client: Returns a client of the engine.
        image: Has ``tar``, ``gzip``, ``find`` and ``awk``; the guard's, which every lab has.
    """

    def __init__(self, client: Callable[[], APIClient], lab: str, image: str) -> None:
        self._client = client
        self._lab = lab
        self._image = image

    def look(self, users: Iterable[str]) -> Mapping[str, Home]:
        """The homes of *users* that are there."""
        with errors_as_ours("listing the homes"):
            listed = self._client().volumes()["Volumes"] or ()
        there = {volume["Name"] for volume in listed}
        mine = [user for user in users if self._volume(user) in there]
        seen: dict[str, Home] = {}
        for start in range(0, len(mine), AT_ONCE):
            seen.update(self._look(mine[start : start + AT_ONCE]))
        return seen

    def _look(self, users: Sequence[str]) -> Mapping[str, Home]:
        places = [f"/homes/{number}" for number in range(len(users))]
        mounts = [self._mount(user, at) for user, at in zip(users, places, strict=True)]
        lines = self._done(Task(self._image, look_command(places), mounts, READ_ALL)).splitlines()
        if len(lines) != len(users):
            raise BackendError("The homes could not be looked at.")
        return {user: parse_look(line) for user, line in zip(users, lines, strict=True)}

    def pack(self, user: str) -> VolumePacking:
        """The home of *user* as an archive."""
        self._ensure_there(user)
        mounts = [self._mount(user, PLACE)]
        task = Task(self._image, tar_command(PLACE), mounts, READ_ALL)
        return VolumePacking(HomeWork(self._client(), self._lab, task))

    def unpack(self, user: str, archive: Iterable[bytes]) -> None:
        """Put an archive into an empty home, as its owner would; the folder is theirs first."""
        mounts = [self._mount(user, PLACE, read_only=False)]
        owner = f"{SEAT_UID}:{SEAT_UID}"
        self._done(Task(self._image, ["chown", owner, PLACE], mounts, ("CHOWN",)))
        self._done(
            Task(
                self._image, untar_command(PLACE), mounts, user=owner, reads_input=True
            ),
            archive,
        )  # fmt: skip

    def remove(self, user: str) -> None:
        """Remove the volume; Docker refuses while a container has it."""
        with errors_as_ours(f"removing the home of {user}"):
            try:
                self._client().remove_volume(self._volume(user))
            except NotFound:
                return

    def _done(self, task: Task, archive: Iterable[bytes] | None = None) -> str:
        """What *task* printed; BackendError where it failed."""
        work = HomeWork(self._client(), self._lab, task)
        try:
            if archive is not None:
                work.send(archive)
            *out, code = work.parts()
            (ensure_whole if archive is None else ensure_unpacked)(int(code), work.notes)
            return b"".join(out).decode(errors="replace")
        finally:
            work.close()

    def _ensure_there(self, user: str) -> None:
        """Raise where there is no volume: to mount it would make one."""
        with errors_as_ours(f"looking for the home of {user}"):
            try:
                self._client().inspect_volume(self._volume(user))
            except NotFound:
                raise BackendError(f"{user} has no home.") from None

    def _volume(self, user: str) -> str:
        return home_volume(self._lab, user)

    def _mount(self, user: str, place: str, *, read_only: bool = True) -> Mount:
        return Mount(place, self._volume(user), read_only=read_only, no_copy=True)


class VolumePacking:
    """``tar`` at work in a container."""

    def __init__(self, work: HomeWork) -> None:
        self._work = work

    @property
    def notes(self) -> Sequence[str]:
        """What ``tar`` said so far."""
        return self._work.notes

    def __iter__(self) -> Iterator[bytes]:
        before = b""
        for part in self._work.parts():
            if before:
                yield before
            before = part
        ensure_whole(int(before), self.notes)

    def close(self) -> None:
        """Remove the container."""
        self._work.close()
