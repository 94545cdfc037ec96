"""
The hub's process.

JupyterHub itself, which listens on the seats' network as well as on loopback, has the courses'
pages and answers in its reader's language. From time to time it looks at the course files, so
that a broken edit is in the log before a student meets it; at groups and roles, servers, the
record of who runs one, and leases of GPUs: each has a keeper, and is told here how often.
"""

from __future__ import annotations

import asyncio
import socket
from functools import cached_property, partial
from typing import Any

from jupyterhub import orm
from jupyterhub.app import JupyterHub
from sqlalchemy import event
from tornado.ioloop import PeriodicCallback
from traitlets import Callable, Float, List, Unicode

from crepre_hub.errors import StoreUnreachable
from crepre_hub.hub.access_log import hide_join_codes
from crepre_hub.hub.examination import Examination
from crepre_hub.hub.gpu_keeper import GpuKeeper
from crepre_hub.hub.language_handlers import SpeakingApplication
from crepre_hub.hub.recent import Recent
from crepre_hub.hub.runs import note_all
from crepre_hub.hub.server_keeper import ServerKeeper
from crepre_hub.hub.standing import StandingKeeper

LOOK_EVERY_SECONDS = 5
CROWD = 5
"""More new users than this in one moment are no login."""


class CrepreHub(JupyterHub):  # type: ignore[misc]
    """JupyterHub for a lab."""

    seat_address = Unicode(help="Where servers reach the hub, as address:port.").tag(config=True)
    look_at_courses = Callable(lambda: None, help="Reads changed course files.").tag(config=True)
    backend = Callable(help="Returns the Backend.").tag(config=True)
    reconcile_every_seconds = Float(60, help="Time between looks for lost servers.").tag(
        config=True
    )
    orphan_grace_seconds = Float(
        60, help="A server, or a lease of a GPU, younger than this is never lost."
    ).tag(config=True)

    desks = Callable(help="Returns the CourseDesks.").tag(config=True)
    examine = Callable(lambda: (), help="Returns all that the doctor finds.").tag(config=True)
    ends = Callable(help="Returns the EndDesks.").tag(config=True)
    downloads = Callable(help="Returns the Downloads.").tag(config=True)
    lending = Callable(help="Returns the LendingDesk.").tag(config=True)
    board_names = Unicode("initials", help="What students see of others on the board.").tag(
        config=True
    )
    gate = Callable(help="Returns the Gate for join codes.").tag(config=True)
    pages: Any = List(help="Routes of the lab's own pages, before JupyterHub's.").tag(config=True)

    standing_every_seconds = Float(5, help="Time between looks at rosters.").tag(config=True)
    gpus_every_seconds = Float(2, help="Time between looks at leases of GPUs.").tag(config=True)
    look_at_gpus_every_seconds = Float(30, help="Time between looks for GPUs.").tag(config=True)

    recent: Recent
    _newcomers: tuple[str, ...] = ()
    _repeating: tuple[PeriodicCallback, ...] = ()
    _first_look: asyncio.Task[None] | None = None

    @cached_property
    def standing(self) -> StandingKeeper:
        """Keeps groups and roles."""
        return StandingKeeper(self, self.desks().people)

    @cached_property
    def gpus(self) -> GpuKeeper:
        """Keeps leases."""
        return GpuKeeper(self, self.lending())

    @cached_property
    def servers(self) -> ServerKeeper:
        """Ends servers that nobody knows any more."""
        return ServerKeeper(self)

    @cached_property
    def examination(self) -> Examination:
        """The doctor's last report."""
        return Examination(self.examine)

    def init_logging(self) -> None:
        """As JupyterHub does, without join codes in the log of requests."""
        super().init_logging()
        hide_join_codes()
        self.recent = Recent()
        self.recent.listen()

    async def init_role_assignment(self) -> None:
        """Roles of the configuration, then those of the courses: nobody is let in before."""
        await super().init_role_assignment()
        event.listen(orm.User, "after_insert", self._newcomer)

    def init_handlers(self) -> None:
        """The lab's own pages come first."""
        super().init_handlers()
        self.handlers: list[Any] = [
            *self.add_url_prefix(self.hub_prefix, self.pages),
            *self.handlers,
        ]

    def init_tornado_application(self) -> None:
        """JupyterHub's, in the language of whoever asks."""
        self.tornado_application = SpeakingApplication(self.handlers, **self.tornado_settings)

    async def start(self) -> None:
        """Start the hub, then what comes on top of it."""
        self.standing.look()
        await super().start()
        address, _, port = self.seat_address.rpartition(":")
        if address not in ("", "127.0.0.1"):
            self.http_server.add_sockets([socket_for(address, int(port))])
        self._repeating = (
            PeriodicCallback(self.look_at_courses, LOOK_EVERY_SECONDS * 1000),
            PeriodicCallback(self.standing.look, self.standing_every_seconds * 1000),
            PeriodicCallback(self.servers.look, self.reconcile_every_seconds * 1000),
            PeriodicCallback(partial(note_all, self), self.reconcile_every_seconds * 1000),
            PeriodicCallback(self.gpus.tick, self.gpus_every_seconds * 1000),
            PeriodicCallback(self.gpus.look, self.look_at_gpus_every_seconds * 1000),
        )
        for each in self._repeating:
            each.start()
        self._first_look = asyncio.create_task(self._look_first())

    async def _look_first(self) -> None:
        await self.gpus.look()
        await self.servers.look()

    async def shutdown_cancel_tasks(self, *args: Any, **kwargs: Any) -> None:
        """Stop looking before the loop ends."""
        for each in self._repeating:
            each.stop()
        self.forget_newcomers()
        self.recent.stop()
        await super().shutdown_cancel_tasks(*args, **kwargs)

    def forget_newcomers(self) -> None:
        """Look at new users no more; may be repeated."""
        if event.contains(orm.User, "after_insert", self._newcomer):
            event.remove(orm.User, "after_insert", self._newcomer)

    def _newcomer(self, _mapper: object, _connection: object, user: orm.User) -> None:
        """Give a new user their groups as soon as the hub has written them down."""
        if not self._newcomers:
            asyncio.get_running_loop().call_soon(self._greet)
        self._newcomers = (*self._newcomers, user.name)

    def _greet(self) -> None:
        """One by one; a crowd all at once, by a look at everybody."""
        names, self._newcomers = self._newcomers, ()
        if len(names) > CROWD:
            self.standing.look()
            return
        for name in names:
            try:
                self.standing.refresh(name)
            except StoreUnreachable as trouble:
                self.log.error("%s has no groups yet: %s", name, trouble.__cause__)


def socket_for(address: str, port: int) -> socket.socket:
    """
    A listening socket at *address*, which need not exist yet.

    The seats' network is Docker's and may come up after the hub does, say when a machine boots.
    Source: ip(7), IP_FREEBIND.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_FREEBIND", 15), 1)
    listener.bind((address, port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


main = CrepreHub.launch_instance
