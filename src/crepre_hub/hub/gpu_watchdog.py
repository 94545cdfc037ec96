"""Takes the steps of ``gpu.watchdog`` in a running hub, and tells everybody whom they concern."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crepre_hub.backends.backend import Backend
from crepre_hub.desk import gpu_warnings
from crepre_hub.desk.gpu_parties import Party, parties
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.doctor.gpu_processes import outsider
from crepre_hub.errors import BackendError
from crepre_hub.gpu.claims import Why
from crepre_hub.gpu.watchdog import Breach, Step, Watch, look, to_restart
from crepre_hub.hub.gpu_pages import GpuNews
from crepre_hub.hub.kernels import restart_kernel
from crepre_hub.probes.gpu_use import GpuSample, held_outside
from crepre_hub.probes.processes import kernel_of
from crepre_hub.units import format_memory

if TYPE_CHECKING:
    from crepre_hub.hub.gpu_keeper import GpuKeeper

log = logging.getLogger("crepre.gpu")

LASTS = timedelta(minutes=10)
"""So long is something told; JupyterLab asks twice a minute."""

STOPPED = "stopped"
"""What somebody was told about whose server had been lent nothing; of others the book knows."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    Something that one person is told.

    Attributes:
        at: Since when.
        gpu: Of interest only to who has a share of it; empty where it is their own server's.
    """

    at: datetime
    news: GpuNews
    gpu: str = ""


class Watchdog:
    """
    Looks at every sample; a notice, the kernel and the server come in this order.

    What it remembers is in memory alone, and is lost with the hub: the ladder then begins anew,
    with a notice.

    Attributes:
        outside: Bytes of each GPU that processes from outside the lab hold, at the last look.
    """

    def __init__(self, app: Any, keeper: GpuKeeper, desk: LendingDesk) -> None:
        self._app = app
        self._keeper = keeper
        self._desk = desk
        self._watches: dict[tuple[str, str], Watch] = {}
        self._told: dict[tuple[str, str], Told] = {}
        self.outside: Mapping[str, int] = {}

    def news_for(self, person: str) -> tuple[GpuNews, ...]:
        """
        What *person* is to hear at this moment.

        Raises:
            StoreUnreachable: If nobody can say.
        """
        since = self._desk.now - LASTS
        gpus = {"", *(each.gpu for each in self._desk.book().leases_of(person))}
        return tuple(
            told.news
            for (who, about), told in self._told.items()
            if who == person and about != STOPPED and told.gpu in gpus and told.at > since
        )

    def why_stopped(self, person: str) -> str:
        """Why a server of *person* was stopped that had been lent nothing; empty if none was."""
        told = self._told.get((person, STOPPED))
        return told.news.text if told and told.at > self._desk.now - LASTS else ""

    # --- looking

    async def look(self, sample: GpuSample) -> None:
        """Take the steps that *sample* asks for."""
        backend: Backend = self._app.backend()
        try:
            found = await asyncio.to_thread(backend.found) if sample.processes else ()
        except BackendError as error:
            log.warning("Nobody looked at who uses which GPU: %s", error)
            return
        self.outside = held_outside(sample, {server.id for server in found})
        here = {party.key: party for party in parties(sample, found, self._desk.book())}
        for key in {**self._watches, **here}:
            await self._look_at(key, here.get(key))

    async def _look_at(self, key: tuple[str, str], party: Party | None) -> None:
        """What was taken is remembered after it was, so that a step that fails is tried again."""
        breach = party.breach if party else None
        known, now = self._watches.get(key, Watch()), self._desk.now
        watch, step = look(known, breach, now, self._desk.patience)
        if party is not None:
            await self._take(step, party)
        if watch.seen is None:
            self._watches.pop(key, None)  # nothing was wrong, or it is forgotten
        else:
            self._watches[key] = watch

    # --- acting

    async def _take(self, step: Step, party: Party) -> None:
        if step is Step.REPORT:
            self._report(party)
        elif step is Step.NOTICE:
            self._notice(party)
        elif step is Step.RESTART_KERNEL:
            await self._restart(party)
        elif step is Step.STOP_SERVER:
            self._stop(party)

    def _report(self, party: Party) -> None:
        """To the admins, and to whom it may concern; of a display only to the log."""
        (process,) = party.processes
        if process.only_draws:
            log.info("%s", outsider(process))
            return
        self._note(outsider(process))
        for person in self._neighbours(party):
            about, text = f"outside {party.gpu}", gpu_warnings.beside_outsider(party.used)
            self._tell(person, about, text, gpu=party.gpu)

    def _notice(self, party: Party) -> None:
        patience = self._desk.patience
        then = self._clock(patience.after_notice) if patience.acts else ""
        self._tell_owner(party, gpu_warnings.notice(party, then))
        for person in self._neighbours(party):
            text = gpu_warnings.beside(acts=patience.acts)
            self._tell(person, party.gpu, text, gpu=party.gpu)
        self._note(f"{_said(party)}: they were told")

    async def _restart(self, party: Party) -> None:
        """The kernels that take most; whatever takes the rest is told of."""
        spawner = self._spawner_or_none(party)
        kernels = _kernels_of(party) if spawner is not None else ()
        done = await asyncio.gather(*(restart_kernel(spawner, each) for each in kernels))
        restarted = [kernel for kernel, is_done in zip(kernels, done, strict=True) if is_done]
        then = self._clock(self._desk.patience.after_restart)
        if restarted:
            text = gpu_warnings.restarted(party, then)
            said = f"restarted {', '.join(restarted)}"
        else:
            text, said = gpu_warnings.no_kernel(party, then), "no kernel could be restarted"
        self._tell_owner(party, text)
        self._note(f"{_said(party)}: {said}")

    def _stop(self, party: Party) -> None:
        assert party.server is not None
        given, person = party.server.gpu, party.server.seat.user
        self._note(f"{_said(party)}: the server is stopped")
        self._told.pop((person, party.server.id), None)
        if given is not None and given.lease in self._desk.book().leases:
            self._desk.end(given.lease, Why.WATCHDOG)
            self._keeper.tick()
            return
        spawner = self._spawner_or_none(party)
        if spawner is not None:
            self._tell(person, STOPPED, gpu_warnings.stopped(self._clock()))
            self._keeper.stop_server(spawner, Why.WATCHDOG)

    # --- telling

    def _tell_owner(self, party: Party, text: str) -> None:
        assert party.server is not None
        self._tell(party.server.seat.user, party.server.id, text)

    def _tell(self, person: str, about: str, text: str, *, gpu: str = "") -> None:
        """In the place of what *person* was told about the same before."""
        now = self._desk.now
        since = now - LASTS
        self._told = {key: told for key, told in self._told.items() if told.at > since}
        news = GpuNews(f"gpu-watchdog-{now:%H%M%S%f}", text)
        self._told[person, about] = Told(now, news, gpu)

    def _note(self, text: str) -> None:
        """To the log and to the admins' page."""
        log.warning("%s", text)
        self._app.recent.note(f"{text}.")

    def _neighbours(self, party: Party) -> set[str]:
        """Who holds a share of the same GPU."""
        own = party.server.seat.user if party.server else ""
        return {each.person for each in self._desk.book().leases_on(party.gpu)} - {own}

    def _spawner_or_none(self, party: Party) -> Any:
        """The hub's own of this very server, where it runs."""
        assert party.server is not None
        seat = party.server.seat
        spawner = self._keeper.spawner_or_none(seat.user, seat.server)
        if spawner is None or not spawner.ready or spawner.server_id != party.server.id:
            return None
        return spawner

    def _clock(self, later: timedelta = timedelta()) -> str:
        return self._desk.book().rules.clock(self._desk.now + later)


def _kernels_of(party: Party) -> tuple[str, ...]:
    """Those to be restarted: all of them on a GPU that was not lent."""
    held: dict[str, int] = {}
    for each in party.processes:
        if kernel := kernel_of(each.pid):
            held[kernel] = held.get(kernel, 0) + (each.memory_bytes or 0)
    if party.breach is Breach.NOT_HELD:
        return tuple(held)
    return to_restart(held, used=party.used, cap=party.lent)


def _said(party: Party) -> str:
    """For admins, who know names."""
    assert party.server is not None
    used, lent = format_memory(party.used), format_memory(party.lent)
    return f"The server of {party.server.seat.user} holds {used} of {party.gpu}, of {lent} lent"
