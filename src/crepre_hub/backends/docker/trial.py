"""
A trial of an image: one container as a real seat would run, and a student's first minute in it.

Two containers of the image share one loopback and have no other network: the server, limited as
every seat is, and ``trial_probe``, which is its hub and its student.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError

from crepre_hub.backends.docker import trial_probe
from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.container import (
    SEAT_UID,
    SeatLimits,
    render_host_config,
)
from crepre_hub.backends.docker.gpu import HIDDEN, VISIBLE
from crepre_hub.ops.build_log import Step

GiB = 1024**3
HOME = "/home/student"
TRIAL_LABEL = "crepre.trial"
MEMORY_BYTES = 4 * GiB
"""Room for the largest frameworks, imported one after another in one kernel."""
PATIENCE_SECONDS = 1800
LEFT_BEHIND_SECONDS = 2 * PATIENCE_SECONDS
LOOK_EVERY_SECONDS = 0.2
LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class TrialResult:
    """
    How a trial ended.

    Attributes:
        why: What went wrong, in one sentence; empty where all went well.
        step: During which step.
        last_words: The end of the server's log, if something went wrong.
    """

    why: str = ""
    step: str = ""
    last_words: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether students may have the image."""
        return not self.why


OnStep = Callable[[Step], None]


def try_image(
    client: APIClient, image: str, modules: Sequence[str], on_step: OnStep
) -> TrialResult:
    """
    Start *image* and use it as a student would; nothing of it is left.

    Args:
        modules: What a notebook must be able to import.

    Raises:
        DockerUnreachable: If the engine does not answer.
        BackendError: If it refused something that has nothing to do with the image.
    """
    with errors_as_ours(f"trying {image}"):
        remove_left_behind(client)
        with _containers(client) as made:
            return _Trial(client, image, made, on_step).run(modules)


class _Trial:
    """One trial under way."""

    def __init__(self, client: APIClient, image: str, made: list[str], on_step: OnStep) -> None:
        self._client = client
        self._image = image
        self._made = made
        self._on_step = on_step
        self._step = Step(0, 0, "trial: the start")

    def run(self, modules: Sequence[str]) -> TrialResult:
        """Start both containers, and follow the probe to its end."""
        script = Path(trial_probe.__file__).read_text()
        probe = self._start(["python", "-c", script, *modules], "none", {})
        if isinstance(probe, TrialResult):
            return probe
        first = self._next_line(probe, "environment", "")
        if isinstance(first, TrialResult):
            return first
        seat = self._start(None, f"container:{probe}", first["environment"])
        if isinstance(seat, TrialResult):
            return seat
        last = self._next_line(probe, "end", seat)
        if isinstance(last, TrialResult):
            return last
        return TrialResult() if last["ok"] else self._failed(last["text"], seat)

    def _start(
        self, command: Sequence[str] | None, network: str, environment: Mapping[str, str]
    ) -> str | TrialResult:
        """The id of a container that runs; or how the image kept it from running."""
        limits = SeatLimits(cpus=min(2, self._client.info()["NCPU"]), memory_bytes=MEMORY_BYTES)
        try:
            container = self._client.create_container(
                self._image,
                command and command[1:],
                entrypoint=command and command[:1],
                name=f"crepre-trial-{secrets.token_hex(6)}",
                labels={TRIAL_LABEL: self._image},
                user=f"{SEAT_UID}:{SEAT_UID}",
                volumes=[HOME],
                environment={**environment, **_told(limits)},
                host_config=self._client.create_host_config(**render_host_config(limits, network)),
            )["Id"]
            self._made.append(container)
            self._client.start(container)
        except APIError as error:
            if error.status_code not in (400, 404):  # those are about what is in the image
                raise
            return TrialResult(str(error.explanation), self._title)
        return str(container)

    def _next_line(self, probe: str, kind: str, seat: str) -> dict[str, Any] | TrialResult:
        """The probe's line of this *kind*; or why there will be none."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            probe_ended, seat_ended = self._ended(probe), seat and self._ended(seat)
            for line in trial_lines(self._log(probe)):
                self._take(line)
                if line["trial"] in (kind, "end"):
                    return line if line["trial"] == kind else self._failed(line["text"], seat)
            if seat_ended:
                return self._failed(f"the server ended ({seat_ended})", seat)
            if probe_ended:
                return self._failed(f"the trial itself broke off ({probe_ended})", probe)
            time.sleep(LOOK_EVERY_SECONDS)
        return self._failed(f"it was not over after {PATIENCE_SECONDS} s", seat or probe)

    def _take(self, line: Mapping[str, Any]) -> None:
        if line["trial"] == "step" and line["number"] > self._step.number:
            self._step = Step(line["number"], line["of"], f"trial: {line['title']}")
            self._on_step(self._step)

    @property
    def _title(self) -> str:
        return self._step.title.removeprefix("trial: ")

    def _ended(self, container: str) -> str:
        """How *container* ended; empty while it runs."""
        state = self._client.inspect_container(container)["State"]
        if state["Running"]:
            return ""
        return "out of memory" if state["OOMKilled"] else f"exit code {state['ExitCode']}"

    def _log(self, container: str) -> str:
        text: bytes = self._client.logs(container, tail=1000)
        return text.decode(errors="replace")

    def _failed(self, why: str, container: str) -> TrialResult:
        return TrialResult(why, self._title, last_words(self._log(container)))


def last_words(log: str) -> tuple[str, ...]:
    """The end of a log: without the trial's own lines, and without mere notes if there is more."""
    spoken = [line for line in log.splitlines() if line.strip()]
    lines = [line for line in spoken if not line.startswith('{"trial"')]
    grave = [line for line in lines if not line.startswith("[I ")]
    return tuple((grave or lines)[-LAST_LINES:])


def trial_lines(log: str) -> Iterator[dict[str, Any]]:
    """The probe's own lines among others; one that is half written is left out."""
    for line in log.splitlines(keepends=True):
        if line.startswith('{"trial"') and line.endswith("\n"):
            yield json.loads(line)


def _told(limits: SeatLimits) -> dict[str, str]:
    return {
        "MEM_LIMIT": str(limits.memory_bytes),
        "CPU_LIMIT": str(limits.cpus),
        "JUPYTERHUB_DEFAULT_URL": "/lab",
        "JUPYTERHUB_ROOT_DIR": HOME,
        VISIBLE: HIDDEN,
    }


@contextmanager
def _containers(client: APIClient) -> Iterator[list[str]]:
    """Ids of containers that are removed in the end, with their volumes, however it ends."""
    made: list[str] = []
    try:
        yield made
    finally:
        for container in reversed(made):
            client.remove_container(container, v=True, force=True)


def remove_left_behind(client: Any) -> None:
    """Remove what trials left whose process was killed; others may be under way."""
    for container in client.containers(all=True, filters={"label": TRIAL_LABEL}):
        if container["Created"] < time.time() - LEFT_BEHIND_SECONDS:
            client.remove_container(container["Id"], v=True, force=True)
