"""
One student's server, whatever backend runs it.

``SeatMixin`` asks the desk, applies the traits that the backend rendered, tells the phases and
turns every failure into a sentence. ``seat_class`` puts it before a backend's own Spawner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import aiohttp
from jupyterhub.spawner import Spawner
from jupyterhub.user import User
from traitlets import Callable as CallableTrait
from traitlets import Integer
from traitlets.config import LoggingConfigurable

from crepre_hub.backends.backend import Backend, Seat, StartLog
from crepre_hub.clock import utc_now
from crepre_hub.courses.choose import course_asked_for
from crepre_hub.courses.room import Failure
from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.desk.launch import Launch, LaunchDesk
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.people import HubUser
from crepre_hub.errors import CrepreError, StartTimedOut
from crepre_hub.hub.answering import PATIENCE, SeatServer, as_url, version_or_none
from crepre_hub.hub.entries import forget_visitors
from crepre_hub.hub.failures import StartRefused, failed, refused
from crepre_hub.hub.spawn_form import render_form
from crepre_hub.languages.reading import told
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

ASK_EVERY_SECONDS = 0.02
"""A question to a server that does not listen yet takes half a millisecond."""
LOOK_EVERY_SECONDS = 2.0
CLEAN_UP_SECONDS = 5.0
"""Kept back from ``start_seconds``, to say what happened."""


if TYPE_CHECKING:
    _AnySpawner = Spawner
else:
    _AnySpawner = LoggingConfigurable  # it becomes a Spawner when it is mixed with one


class SeatMixin(_AnySpawner):  # type: ignore[misc, valid-type]
    """What every backend's Spawner does for crepre-hub."""

    desk = CallableTrait(help="Returns the LaunchDesk.").tag(config=True)
    backend = CallableTrait(help="Returns the Backend.").tag(config=True)
    lending = CallableTrait(help="Returns the LendingDesk.").tag(config=True)
    lane = CallableTrait(help="Returns the Lane for starts.").tag(config=True)
    start_seconds = Integer(
        120, help="Longest start, once it is its turn; ``start_timeout`` has the wait in it."
    ).tag(config=True)

    before_start = CallableTrait(
        lambda spawner: None, help="Called when it is known what a server will run for."
    ).tag(config=True)

    after_start = CallableTrait(
        lambda spawner: None, help="Called when a server has answered for the first time."
    ).tag(config=True)

    after_stop = CallableTrait(
        lambda spawner: None, help="Called when a server has ended, however it did."
    ).tag(config=True)

    start_log: StartLog | None = None
    course = ""
    """The course that the server runs for; empty while there is none, or it is not known."""
    profile = ""
    """The profile within the course."""
    failure: Failure | None = None
    """Of the last start; the next one is another object's."""
    lease = ""
    """
    Id of the lease of the server's GPU; empty while it has none, or it is not known.

    It outlives the server's state, which some Spawners forget as soon as they see it end.
    """
    _known_version = ""
    may_come_up = False
    """What was made for it has not run, and may be about to; set by a backend's Spawner."""
    _may_still_run = False
    """It was to be stopped, and that is not known to be done."""

    # --- what is on offer

    @property
    def owner(self) -> HubUser:
        """Whose server this is."""
        return HubUser(self.user.name, is_admin=bool(self.user.admin))

    @property
    def asked_by(self) -> HubUser | None:
        """Who asked for the start; None for a service."""
        asker = self.handler.current_user if self.handler is not None else None
        if not isinstance(asker, User):
            return None
        return HubUser(asker.name, is_admin=bool(asker.admin))

    def cards(self) -> str:
        """The form with what the person may start; empty where there is nothing to choose."""
        desk: LaunchDesk = self.desk()
        with come_back_later():
            choice = desk.choice(self.owner, self.orm_spawner.user_options)
        if len(choice.offers) == 1:
            # The hub starts at once, with the options it saved, which may be of last term.
            self.orm_spawner.user_options = {}
            return ""
        return render_form(choice, who=self.user.name, join_url=f"{self.hub.base_url}join")

    def line_up(self, options: object) -> Granted | MustWait | Refused:
        """Get the GPU that a start with *options* needs, or a place in the line for it."""
        desk: LaunchDesk = self.desk()
        return desk.line_up(self.owner, self.name, options, asked_by=self.asked_by)

    # --- start

    async def start(self) -> Any:
        """Start, and remember why it failed where it does."""
        try:
            return await self._start_seat()
        except StartRefused as refusal:
            course = self.course or course_asked_for(self.user_options)
            self.failure = Failure(course, utc_now(), refusal.sentence)
            raise

    async def _start_seat(self) -> Any:
        """Ask the desk, start, and come back when the server answers."""
        launch = self._launch()
        for trait, value in launch.traits.items():
            setattr(self, trait, value)
        self.start_log = StartLog()
        try:
            return await self._start_and_wait()
        except Exception as error:
            raise failed(error, who=self._log_name) from error
        finally:
            self.start_log.close()

    def _launch(self) -> Launch:
        """What the desk says to the start; raises what a student reads."""
        desk: LaunchDesk = self.desk()
        try:
            launch = desk.launch(self.owner, self.name, self.user_options, asked_by=self.asked_by)
            if isinstance(launch, Launch):
                self.course = launch.placement.course
                self.profile = launch.placement.profile
                self.lease = launch.lease
                self._may_still_run = False
                forget_visitors(self)
                self.before_start(self)
                return launch
        except CrepreError as error:
            raise failed(error, who=self._log_name) from error
        if isinstance(launch, MustWait):
            launch = Refused(
                launch.reason, launch.message, say("You are in line: %(page)s", page=self._line_url)
            )
        raise refused(launch, who=self._log_name)

    @property
    def _line_url(self) -> str:
        """Where somebody in line sees their place."""
        return f"{self.hub.base_url}gpu"

    async def _start_and_wait(self) -> Any:
        try:
            async with self.lane().turn(), asyncio.timeout(self.start_seconds - CLEAN_UP_SECONDS):
                address = await super().start()
                await self._until_it_answers(as_url(address))
        except TimeoutError:
            raise StartTimedOut(f"No answer within {self.start_seconds} s.") from None
        if self.start_log is not None:
            self.start_log.reach("ready")
        self.after_start(self)
        return address

    async def _until_it_answers(self, url: str) -> None:
        """
        Return when the server at *url* answers.

        Raises:
            StartFailed: If it ends before it answers.
        """
        looked = time.monotonic()
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            while not (
                version := await version_or_none(session, f"{url}{self.server.base_url}api")
            ):
                if time.monotonic() - looked > LOOK_EVERY_SECONDS:
                    looked = time.monotonic()
                    error = await self.why_not_running()
                    if error is not None:
                        raise error
                await asyncio.sleep(ASK_EVERY_SECONDS)
        self._known_version = version

    async def progress(self) -> AsyncIterator[dict[str, object]]:
        """The phases of the start as they come."""
        if self.start_log is None:
            return
        async for phase in self.start_log.follow():
            yield {"progress": phase.percent, "message": told(phase.text), "phase": phase.name}

    # --- stop

    async def stop(self, now: bool = False) -> None:
        """End the server; what it was lent is held until that is known to be done."""
        self._may_still_run = True
        await super().stop(now)
        self._may_still_run = False

    def run_post_stop_hook(self) -> Any:
        """As JupyterHub does it; it is here that every end of a server comes by."""
        self.after_stop(self)
        self._give_back()
        return super().run_post_stop_hook()

    def _give_back(self) -> None:
        """
        Give the lease back where nothing of it runs, or can come to run.

        Elsewhere it is over when a look at all servers finds none of it.
        """
        if self.lease and not self._may_still_run and not self.may_come_up:
            lending: LendingDesk = self.lending()
            try:
                lending.give_back(self.lease)
                self.lease = ""
            except CrepreError as error:
                self.log.warning("Lease %s is given back later: %s", self.lease, error)

    # --- found again by a restarted hub

    async def _until_up(self) -> str:
        """
        The version that the server answered with, now or at any time before.

        It is asked only where an earlier hub did not see its start end; then what was learned is
        written down, since later hubs must not have to ask.

        Raises:
            TimeoutError: If it is silent for ``http_timeout``, or has ended.
        """
        if not self._known_version:
            try:
                async with asyncio.timeout(self.http_timeout):
                    await self._until_it_answers(self.server.host)
            except CrepreError as error:
                raise TimeoutError(str(error)) from error
            self.orm_spawner.state = self.get_state()
        return self._known_version

    def load_state(self, state: dict[str, Any]) -> None:
        """A state that was saved says that the server had answered once."""
        backend: Backend = self.backend()
        for trait, value in backend.identity(Seat(self.user.name, self.name)).items():
            setattr(self, trait, value)
        super().load_state(state)
        self._known_version = state.get("answered", "")
        self.course = state.get("course", "")
        self.profile = state.get("profile", "")
        self.lease = state.get("lease", "")

    def get_state(self) -> dict[str, Any]:
        """What the server was given, which settings of a later day may not say any more."""
        state: dict[str, Any] = super().get_state()
        if self._known_version:
            state["answered"] = self._known_version
        if self.course:
            state["course"] = self.course
            state["profile"] = self.profile
        if self.lease:
            state["lease"] = self.lease
        return state

    def clear_state(self) -> None:
        """Forget the last server."""
        super().clear_state()
        self._known_version = ""
        self.course = ""
        self.profile = ""

    @property
    def server(self) -> Any:
        """The server's address, as JupyterHub knows it."""
        server = Spawner.server.fget(self)
        if server is None:
            return None
        return SeatServer(orm_server=server.orm_server, until_up=self._until_up)

    @server.setter
    def server(self, server: Any) -> None:
        Spawner.server.fset(self, server)


def seat_class(spawner_class: type[Spawner]) -> type[Spawner]:
    """*spawner_class* with ``SeatMixin`` before it."""
    return cast("type[Spawner]", type("Seat", (SeatMixin, spawner_class), {}))
