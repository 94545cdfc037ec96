"""
DockerSpawner, mended where a class of students would suffer.

- Calls to Docker run side by side; upstream queues those of the whole hub in one thread.
- "I could not ask" is not "it is gone": upstream takes one failed answer for a stopped server,
  and the hub then stops or forgets a healthy one.
- Whatever a crash left under a server's name is taken away at its next start.

Docker goes on with a call whose caller has gone away, so a call may land after its start was given
up. Nothing runs unseen, and no GPU is held twice, all the same:

- A start is given up by ending ``_in_flight``, and nobody else tells Docker to start what it made:
  a container that is created late holds nothing, and never runs.
- To be told to start, a container must be there. While it is, and has not run, it may come up
  (``may_come_up``): whoever began its start must stop it, which is done when Docker says that it is
  gone, and a start that lands then finds nothing. A hub that finds one of an earlier hub's holds
  its lease until a look at all containers has removed it.
"""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from dockerspawner import DockerSpawner
from traitlets import Callable, Unicode

from crepre_hub.backends.backend import StartLog
from crepre_hub.backends.docker.engine import call_threads, client_at
from crepre_hub.backends.docker.found import NEVER_RAN
from crepre_hub.backends.docker.gpu import device_request
from crepre_hub.backends.docker.start_errors import as_backend_error, why_container_ended
from crepre_hub.errors import (
    BackendError,
    DockerUnreachable,
    ImageMissing,
    StartFailed,
)

POLL_PATIENCE_SECONDS = 10.0
"""A poll that Docker has not answered by then counts as "could not ask"."""

STOP_PATIENCE_SECONDS = 30.0
"""
A server that Docker has not stopped and removed by then is given up.

Its owner is told that it is gone and may start again; the next look for lost servers ends it.
"""

START_END_PATIENCE_SECONDS = 5.0
LOOK_PATIENCE_SECONDS = 5.0

ASK_AGAIN_SECONDS = 1.0

_TROUBLE = (DockerUnreachable, APIError, TimeoutError)


class ConcurrentDockerSpawner(DockerSpawner):  # type: ignore[misc]
    """Upstream's DockerSpawner with the three repairs above."""

    engine = Unicode("unix:///var/run/docker.sock", help="Where the Docker Engine listens.").tag(
        config=True
    )

    ensure_guarded = Callable(
        lambda client: None, help="Raises BackendError while the seats' guard is not in force."
    ).tag(config=True)

    gpu = Unicode(help="UUID of the GPU that the container gets; empty for none.")

    limit_gpu = Callable(
        lambda pid: None,
        help="Keeps the container of a process to its share of the GPU, or raises BackendError.",
    )

    ensure_folders = Callable(
        lambda client: None, help="Makes what the server's course has; may take a while."
    )

    may_come_up = False
    """Docker may have been told to start it, and has not done so yet."""

    object_name: Any  # upstream's, whose types mypy cannot see
    extra_host_config: Any
    start_log: StartLog | None = None
    _in_flight: asyncio.Future[Any] | None = None

    # --- the engine

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Threads for Docker's answers, many at once."""
        return call_threads()

    @property
    def client(self) -> docker.APIClient:
        """One client for all; kept only once the engine has answered."""
        return client_at(self.engine)

    async def docker(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """
        Call a method of the Docker client in a thread.

        Raises:
            DockerUnreachable: If the engine does not answer.
            docker.errors.APIError: If it answers that it could not.
        """
        try:
            return await super().docker(method, *args, **kwargs)
        except APIError:
            raise
        except (DockerException, requests.RequestException, OSError) as error:
            raise DockerUnreachable(f"Docker did not answer ({method}: {error}).") from error

    @property
    def server_id(self) -> str:
        """What ``Found.id`` is for this server; empty while that is not known."""
        return str(self.object_id)

    # --- is it there?

    async def poll(self) -> str | int | None:
        """None while the container runs or may come to run, as far as Docker can say."""
        if self.server is None:
            return 0
        try:
            async with asyncio.timeout(POLL_PATIENCE_SECONDS):
                container = await self.get_object()
        except _TROUBLE as error:
            self.log.warning("Docker cannot say how %s is: %s", self.object_name, error)
            return None
        if container is None:
            return None if self._is_being_made() else 0
        state = container["State"]
        if state["Running"] or self._is_being_made():
            return None
        if self.may_come_up and self._in_flight is not None:
            return None
        return f"exit code {state['ExitCode']}{', out of memory' * state['OOMKilled']}"

    async def get_object(self) -> dict[str, Any] | None:
        """The container as Docker describes it; None if there is none."""
        try:
            container: dict[str, Any] = await self.docker("inspect_container", self.object_name)
        except NotFound:
            self.object_id = ""
            self.may_come_up = False
            return None
        self.object_id = container["Id"]
        self.may_come_up = container["State"]["Status"] == NEVER_RAN
        return container

    async def get_url(self) -> str:
        """Where the server listens, also for a start that a restarting hub did not see end."""
        while not self.server.ip:
            try:
                ip, port = await self.get_ip_and_port()
            except NotFound:
                break
            except _TROUBLE as error:
                self.log.warning("Docker cannot say where %s is: %s", self.object_name, error)
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            else:
                return f"http://{ip}:{port}"
        return str(self.server.url)

    def _is_being_made(self) -> bool:
        return self._in_flight is not None and not self._in_flight.done()

    # --- start

    async def start(self) -> tuple[str, int]:
        """
        Make and start the container.

        Raises:
            BackendError: With a sentence for the student.
        """
        self._in_flight = asyncio.ensure_future(self._make_and_start())
        self._in_flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Docker goes on with a call whose caller was cancelled; stop() waits for it.
        return await asyncio.shield(self._in_flight)

    async def _make_and_start(self) -> tuple[str, int]:
        try:
            return await self._start_in_phases()
        except APIError as error:
            raise as_backend_error(error, gpu=self.gpu) from error

    async def _start_in_phases(self) -> tuple[str, int]:
        self._reach("image")
        await self._ensure_image()
        self._reach("container")
        await asyncio.wrap_future(self.executor.submit(self.ensure_guarded, self.client))
        await asyncio.wrap_future(self.executor.submit(self.ensure_folders, self.client))
        if await self.get_object() is not None:
            await self.remove_object()
        if self.gpu:
            request = device_request(self.gpu, await self.docker("info"))
            self.extra_host_config = {**self.extra_host_config, "device_requests": [request]}
        container = await self._create_under_free_name()
        self.object_id = container["Id"]
        await self.start_object()
        if self.gpu:
            await self._keep_to_share()
        self._reach("server")
        address: tuple[str, int] = await self.get_ip_and_port()
        return address

    async def _keep_to_share(self) -> None:
        """Limit what the container may hold of its GPU; one that cannot be limited is removed."""
        container = await self.get_object()
        if container is None or not container["State"]["Pid"]:
            return  # it has ended, and why is told by those who wait for its answer
        try:
            limit = functools.partial(self.limit_gpu, container["State"]["Pid"])
            await asyncio.wrap_future(self.executor.submit(limit))
        except Exception:
            await self.remove_object()
            raise

    async def _ensure_image(self) -> None:
        try:
            await self.docker("inspect_image", self.image)
        except ImageNotFound:
            raise ImageMissing(f"The image {self.image} is not on this machine.") from None

    async def _create_under_free_name(self) -> dict[str, Any]:
        """Create the container; a name that Docker holds without showing it is stepped around."""
        plain = self.object_name
        for name in (plain, f"{plain}.2", f"{plain}.3"):
            self.object_name = name
            try:
                container: dict[str, Any] = await self.create_object()
            except APIError as error:
                if error.status_code != 409:
                    raise
                self.log.warning("Docker says that the name %s is taken", name)
            else:
                return container
        raise BackendError(f"Docker holds every name for {plain}.")

    def _reach(self, phase: str) -> None:
        if self.start_log is not None:
            self.start_log.reach(phase)

    async def why_not_running(self) -> BackendError | None:
        """What the container's end says about why it ended; None while it runs, or may run."""
        try:
            async with asyncio.timeout(LOOK_PATIENCE_SECONDS):
                container = await self.get_object()
                if container is None:
                    return StartFailed("The container vanished while it was starting.")
                if container["State"]["Running"]:
                    return None
                log = await self.docker("logs", self.object_id, tail=50)
        except _TROUBLE as error:
            self.log.warning("Docker cannot say how %s is: %s", self.object_name, error)
            return None
        return why_container_ended(container["State"], log.decode(errors="replace"))

    # --- stop

    async def stop(self, now: bool = False) -> None:
        """
        Stop and remove the container; the home is a volume of its own and stays.

        Raises:
            DockerUnreachable: If Docker did not do it in time.
        """
        try:
            async with asyncio.timeout(STOP_PATIENCE_SECONDS):
                await self._end_start()
                await self._stop_and_remove(0 if now else 10)
        except TimeoutError:
            raise DockerUnreachable(f"Docker did not stop {self.object_name} in time.") from None
        self.may_come_up = False

    async def _end_start(self) -> None:
        """Wait a little for a start that is under way, then give it up."""
        if self._in_flight is None or self._in_flight.done():
            return
        try:
            await asyncio.wait([self._in_flight], timeout=START_END_PATIENCE_SECONDS)
        finally:  # also where whoever waits here is given up
            self._in_flight.cancel()

    async def _stop_and_remove(self, seconds: int) -> None:
        if await self.get_object() is None:
            return
        try:
            await self.docker("stop", self.object_id, timeout=seconds)
        except NotFound:
            return
        await self.remove_object()
        self.clear_state()

    async def remove_object(self) -> None:
        """Remove the container, whatever state it is in; done when its name is free."""
        try:
            await self.docker("remove_container", self.object_id, v=True, force=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != 409:  # 409: a removal is under way
                raise
        await self._until_gone()

    async def _until_gone(self) -> None:
        async with asyncio.timeout(20):
            while await self.get_object() is not None:  # noqa: ASYNC110  (Docker must be asked)
                await asyncio.sleep(0.1)
