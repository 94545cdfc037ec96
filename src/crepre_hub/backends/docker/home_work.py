"""
A container that works on homes for a moment and is gone.

It has no network, no right but those it is given, and no file of the lab but the volumes that are
mounted. What it prints goes to whoever asked, at their pace, and into no log.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docker import APIClient
from docker.errors import DockerException, NotFound
from docker.types import LogConfig, Mount
from requests.exceptions import RequestException

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.container import MiB
from crepre_hub.backends.docker.network import LAB_LABEL
from crepre_hub.backends.homes import Notes
from crepre_hub.errors import BackendError

log = logging.getLogger("crepre.homes")

WORK_LABEL = "crepre.work"
MEMORY_BYTES = 512 * MiB

TRAILER = b"\ncrepre:"
TRAILER_BYTES = len(TRAILER) + 3
"""
Behind the last byte of the output, with the exit code: a connection that breaks looks like the
end of the output, and half an archive must not be taken for a whole one.
"""

_WITH_TRAILER = ["sh", "-c", '"$@"; printf "\\ncrepre:%03d" $?', "work"]


@dataclass(frozen=True, slots=True)
class Task:
    """
    What a container is to do.

    Attributes:
        command: A program of the image and its words.
        rights: Capabilities; root without any may do less than the owner of the files.
        user: As ``uid:gid``.
        reads_input: Whether something is sent to it.
    """

    image: str
    command: Sequence[str]
    mounts: Sequence[Mount]
    rights: Sequence[str] = ()
    user: str = "0:0"
    reads_input: bool = False


class HomeWork:
    """
    One container at work; its output is read as it is asked for.

    Raises:
        BackendError: If Docker does not answer, or refuses.
    """

    def __init__(self, client: APIClient, lab: str, task: Task) -> None:
        self._client = client
        self._found = Notes()
        self._stream: Any = None
        with errors_as_ours("making a container for a home"):
            sweep(client, lab)
            self._id: str = client.create_container(**_rendered(client, lab, task))["Id"]
        try:
            with errors_as_ours("starting a container for a home"):
                self._attach(task)
                client.start(self._id)
        except BaseException:
            self.close()
            raise

    def _attach(self, task: Task) -> None:
        if task.reads_input:
            wanted = {"stdin": 1, "stream": 1}
            self._input: Any = self._client.attach_socket(self._id, wanted)
        self._stream = self._client.attach(self._id, stream=True, demux=True)

    @property
    def notes(self) -> Sequence[str]:
        """What it said beside its output."""
        return tuple(self._found.lines)

    def parts(self) -> Iterator[bytes]:
        """
        The output; then, as the last part, the exit code in three digits.

        Raises:
            BackendError: If the output was cut off.
        """
        held = b""
        for out, said in self._stream:
            self._found.take(said or b"")
            held += out or b""
            if len(held) > TRAILER_BYTES:
                yield held[:-TRAILER_BYTES]
                held = held[-TRAILER_BYTES:]
        if not held.startswith(TRAILER):
            raise BackendError("Docker broke off while a home was read.")
        yield held.removeprefix(TRAILER)

    def send(self, parts: Iterable[bytes]) -> None:
        """Everything of *parts* to the input, then its end."""
        raw: socket.socket = self._input._sock  # noqa: SLF001  (docker-py has no other name for it)
        with errors_as_ours("writing into a home"):
            try:
                for part in parts:
                    raw.sendall(part)
                raw.shutdown(socket.SHUT_WR)
            except OSError:
                return  # it has ended; its exit code says why

    def close(self) -> None:
        """Remove the container, whatever it is at; may be repeated, and by another thread."""
        try:
            if self._stream is not None:
                self._stream.close()
            self._client.remove_container(self._id, v=False, force=True)
        except NotFound:
            return
        except (DockerException, RequestException, OSError) as error:
            log.warning("A container for a home is removed later: %s", error)


def sweep(client: APIClient, lab: str) -> None:
    """Remove what a killed process left; those that work are let be."""
    filters = {"label": [f"{LAB_LABEL}={lab}", WORK_LABEL], "status": ["exited", "dead"]}
    for each in client.containers(all=True, filters=filters):
        try:
            client.remove_container(each["Id"], force=True)
        except DockerException as error:
            log.warning("A container for a home is removed later: %s", error)


def _rendered(client: APIClient, lab: str, task: Task) -> dict[str, Any]:
    host = client.create_host_config(
        mounts=list(task.mounts),
        cap_drop=["ALL"],
        cap_add=list(task.rights),
        security_opt=["no-new-privileges"],
        read_only=True,
        init=True,
        network_mode="none",
        mem_limit=MEMORY_BYTES,
        memswap_limit=MEMORY_BYTES,
        pids_limit=64,
        log_config=LogConfig(type="none"),
    )
    return {
        "image": task.image,
        "entrypoint": [*_WITH_TRAILER, *task.command],
        "user": task.user,
        "working_dir": "/",
        "stdin_open": task.reads_input,
        "healthcheck": {"test": ["NONE"]},
        "labels": {LAB_LABEL: lab, WORK_LABEL: "home"},
        "host_config": host,
    }
