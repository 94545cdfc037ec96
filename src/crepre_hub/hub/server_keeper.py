"""Servers that are there and should not be: nobody knows them, or their GPU is another's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from jupyterhub import orm

from crepre_hub.backends.backend import Backend, Found, Seat
from crepre_hub.clock import utc_now
from crepre_hub.desk.reconcile import Known, plan_reconcile
from crepre_hub.errors import BackendError
from crepre_hub.gpu.events import StrayServer

log = logging.getLogger("crepre.servers")


class ServerKeeper:
    """
    Compares the hub's table with the servers that are really there.

    Args:
        app: The hub.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._suspects: frozenset[str] = frozenset()

    async def look(self) -> None:
        """End servers that should not be there; changes nothing if Docker is silent."""
        backend: Backend = self._app.backend()
        try:
            found = await asyncio.to_thread(backend.found)
        except BackendError as error:
            log.warning("Lost servers were not looked for: %s", error)
            return
        for server, why in self._wrong(found).items():
            self._tell(f"Ending {server.id} of {server.seat.user}: {why}")
            try:
                await asyncio.to_thread(backend.remove, server)
            except BackendError as error:
                self._tell(f"Ending {server.id} is tried again: {error}")

    def _wrong(self, found: Sequence[Found]) -> dict[Found, str]:
        """The servers to be ended, and why."""
        strays: tuple[StrayServer, ...] = self._app.gpus.reconcile(found)
        leases = {(each.person, each.server, each.lease) for each in strays}
        wrong = {
            each: "it has a GPU that was not lent to it"
            for each in found
            if each.gpu and (each.seat.user, each.seat.server, each.gpu.lease) in leases
        }
        return wrong | dict.fromkeys(self._orphans(found), "nobody knows it")

    def _orphans(self, found: Sequence[Found]) -> tuple[Found, ...]:
        """Each call is a look: who is unknown in two of them is answered."""
        plan = plan_reconcile(
            found,
            self._table(),
            suspects=self._suspects,
            now=utc_now(),
            grace=timedelta(seconds=self._app.orphan_grace_seconds),
        )
        self._suspects = plan.suspects
        return plan.remove

    def _table(self) -> Iterator[Known]:
        """The seats that have a server, or are about to have one or to have none."""
        rows = self._app.db.query(orm.Spawner).filter(orm.Spawner.server != None)  # noqa: E711
        for row in rows:
            spawner = self._app.users[row.user].spawners[row.name]
            seat = Seat(row.user.name, row.name)
            yield Known(seat, "" if spawner.pending else spawner.server_id)

    def _tell(self, text: str) -> None:
        """To the log and to the admins' page."""
        log.warning("%s", text)
        self._app.recent.note(text)
