"""What the hub does for the GPU desk by itself: time passes, GPUs change, leases end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from crepre_hub.backends.backend import Found
from crepre_hub.decisions import Refused
from crepre_hub.desk.gpu_kept import kept_in_files
from crepre_hub.desk.gpu_watch import idle_since
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.errors import CrepreError
from crepre_hub.gpu.claims import Lease, Why
from crepre_hub.gpu.events import Event, GpuChanged, StrayServer
from crepre_hub.gpu.gpus import Health
from crepre_hub.hub.gpu_watchdog import Watchdog
from crepre_hub.probes.gpu_use import GpuSample, with_servers
from crepre_hub.settings.gpu_problems import share_problems
from crepre_hub.settings.problems import Problem

log = logging.getLogger("crepre.gpu")


class GpuKeeper:
    """
    Looks after leases in a running hub; each look may be repeated, and a failed one is.

    Args:
        app: The hub.

    Attributes:
        refused: What courses' files ask to have kept and cannot get, by series.
        used: Bytes in use on each GPU, at the last look; only of those that NVML measures.
        watchdog: Sees to it that servers keep to what was lent to them.
    """

    def __init__(self, app: Any, desk: LendingDesk) -> None:
        self._app = app
        self._desk = desk
        self._stopping: set[asyncio.Task[None]] = set()
        self.watchdog = Watchdog(app, self, desk)
        self.refused: Mapping[str, Refused] = {}
        self._too_large: frozenset[str] = frozenset()
        self.used: Mapping[str, int] = {}
        self._idle: Mapping[str, datetime] = {}
        self._lease_in: Mapping[str, str] = {}

    def tick(self) -> None:
        """Do what is due, and stop the servers of leases that are over."""
        try:
            for event in self._desk.tick():
                log.info("%s", event)
            over = [each for each in self._desk.book().leases.values() if each.ending is not None]
        except CrepreError as error:
            log.warning("The GPU desk is not looked after: %s", error)
            return
        for lease in over:
            self._stop(lease)

    async def look(self) -> None:
        """Ask the machine which GPUs it has."""
        try:
            for event in await asyncio.to_thread(self._desk.look):
                log.info("%s", event)
                self._tell_trouble(event)
            self.keep()
            await self._watch()
        except CrepreError as error:
            log.warning("GPUs were not looked at: %s", error)

    def _tell_trouble(self, event: Event) -> None:
        """A GPU that is gone or fails, to the admins' page."""
        if isinstance(event, GpuChanged) and event.gpu.health is not Health.PRESENT:
            gpu = event.gpu
            text = f"{gpu.uuid} ({gpu.name}) is not lent: {gpu.trouble} {gpu.remedy}"
            log.error("%s", text)
            self._app.recent.note(text)

    async def _watch(self) -> None:
        """Sample who uses the GPUs: some do nothing while others wait, some take too much."""
        sample = await asyncio.to_thread(self._sample)
        self.used = {each.gpu: each.used_bytes for each in sample.loads}
        book, now = self._desk.book(), self._desk.now
        self._idle = idle_since(book, sample, self._lease_in, self._idle, now)
        for event in self._desk.end_idle(self._idle):
            log.info("%s", event)
        await self.watchdog.look(sample)

    def _sample(self) -> GpuSample:
        return with_servers(self._desk.sample(), self._app.backend().server_of)

    def keep(self) -> None:
        """Reserve what the courses' files ask for; what cannot be had is told once."""
        try:
            rules, now = self._desk.book().rules, self._desk.now
            courses = self._app.desks().people.courses().values()
            self._tell_too_large(share_problems(courses, self._desk.known_gpus))
            refused = self._desk.ensure_kept(kept_in_files(courses, rules.zone, now))
        except CrepreError as error:
            log.warning("Reservations were not looked at: %s", error)
            return
        for series in refused.keys() - self.refused.keys():
            log.error("%s: not reserved: %s", series, refused[series].whole)
        self.refused = refused

    def _tell_too_large(self, problems: Iterable[Problem]) -> None:
        told = {str(each) for each in problems}
        for each in sorted(told - self._too_large):
            log.error("%s", each)
        self._too_large = frozenset(told)

    def reconcile(self, found: Sequence[Found]) -> tuple[StrayServer, ...]:
        """Make the book true; *found* is every server that is there."""
        self._learn(found)
        try:
            grace = timedelta(seconds=self._app.orphan_grace_seconds)
            strays = self._desk.reconcile(found, [*self._known()], grace=grace)
        except CrepreError as error:
            log.warning("Leases were not compared with servers: %s", error)
            return ()
        for stray in strays:
            log.error("%s's server holds a GPU that was not lent to it", stray.person)
        return strays

    def _learn(self, found: Sequence[Found]) -> None:
        """A hub that was killed during a start has not written down what it gave."""
        self._lease_in = {each.id: each.gpu.lease for each in found if each.gpu is not None}
        for each in found:
            spawner = self.spawner_or_none(each.seat.user, each.seat.server)
            if spawner is not None and spawner.server_id == each.id and each.gpu is not None:
                spawner.lease = each.gpu.lease

    def _known(self) -> Iterator[str]:
        """Leases of servers that the hub runs, starts or stops."""
        for user in self._app.users.values():
            for spawner in user.spawners.values():
                if getattr(spawner, "lease", "") and (spawner.active or spawner.pending):
                    yield spawner.lease

    def spawner_or_none(self, person: str, server: str) -> Any:
        """The hub's own of a person's server; None where it has none."""
        user = self._app.users.get(person)
        return None if user is None else user.spawners.get(server)

    def _stop(self, lease: Lease) -> None:
        """Stop the lease's server, if it is this hub's; else it is tried again."""
        spawner = self.spawner_or_none(lease.person, lease.server)
        if spawner is not None and spawner.lease == lease.id and lease.ending is not None:
            self.stop_server(spawner, lease.ending)

    def stop_server(self, spawner: Any, why: Why) -> None:
        """Stop a server as its owner would, if nobody does already and it does not start."""
        if spawner.pending or not spawner.active:
            return
        log.info("Stopping the server of %s: %s", spawner.user.name, why)
        spawner._stop_pending = True  # noqa: SLF001  (as JupyterHub's handlers do, before any await)
        task = asyncio.create_task(self._stop_and_tell(spawner))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _stop_and_tell(self, spawner: Any) -> None:
        """As ``BaseHandler.stop_single_user``, which is for requests alone."""
        try:
            await self._app.proxy.delete_user(spawner.user, spawner.name)
            await spawner.user.stop(spawner.name)
        except Exception:
            log.exception("The server of %s was not stopped; it is tried again", spawner.user.name)
        finally:
            spawner._stop_pending = False  # noqa: SLF001
