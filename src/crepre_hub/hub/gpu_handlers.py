"""``/hub/gpu``: one person's place in the line, offer and lease; and starts that have to wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.pages import SpawnHandler
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.courses.choose import OPTION
from crepre_hub.decisions import Answer, MustWait, Refused
from crepre_hub.desk.gpu_mine import mine
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.renewing import renew_own
from crepre_hub.errors import CrepreError
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.claims import Claim, Lease
from crepre_hub.hub.asking import allowance_of, owner_who_asks
from crepre_hub.hub.gpu_live import LiveHandler
from crepre_hub.hub.gpu_pages import GpuPage, Times, ended, state_of_desk
from crepre_hub.hub.gpu_watchdog import Watchdog
from crepre_hub.hub.running import doing
from crepre_hub.hub.said import said_of_click
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

STOP_PATIENCE_SECONDS = 30.0
"""A server that is not gone by then makes the start be tried again, by the next click."""


class LinedSpawnHandler(SpawnHandler):  # type: ignore[misc]  # JupyterHub has no types
    """JupyterHub's start page; a start that needs a GPU which is not free waits at ``/hub/gpu``."""

    async def _wrap_spawn_single_user(  # noqa: PLR0917  (as JupyterHub's)
        self,
        user: Any,
        server_name: str,
        display_name: str,
        spawner: Any,
        pending_url: str,
        options: Any = None,
    ) -> Any:
        """Line up first. Refusals and trouble are told by the start, as for any other profile."""
        spawner.handler = self
        wanted = spawner.orm_spawner.user_options if options is None else options
        with suppress(CrepreError):
            answer = spawner.line_up(wanted or {})
            if isinstance(answer, MustWait) and user.name == self.current_user.name:
                return self.redirect(f"{self.hub.base_url}gpu")
        return await super()._wrap_spawn_single_user(
            user, server_name, display_name, spawner, pending_url, options
        )


class GpuHandler(LiveHandler, LinedSpawnHandler):
    """What somebody sees who waits, was offered a GPU, or has one; and the buttons there."""

    name = "gpu"

    @web.authenticated
    async def post(self) -> None:
        """One of the buttons, then the page again."""
        action = self.get_body_argument("action", "")
        name = self.current_user.name
        if action == "start":
            await self._start()
            return
        with come_back_later():
            if action == "leave":
                answer: Answer = self.desk.leave(name)
            elif action == "renew":
                answer = renew_own(self.desk, name, self._allowance_of)
            else:
                raise web.HTTPError(400, say("This page has no such button."))
        said = "no" if isinstance(answer, Refused) else action
        self.redirect(f"{self.hub.base_url}gpu?done={said}")

    def _allowance_of(self, course_id: str) -> Allowance:
        return allowance_of(self.app, course_id)

    async def _start(self) -> None:
        """Take what was offered: end the server without a GPU, if there is one, and start."""
        here, user = f"{self.hub.base_url}gpu", self.current_user
        with come_back_later():
            seen = mine(self.desk, user.name)
        wanted = seen.lease or (seen.view.claim if seen.view else None)
        if wanted is None:
            self.redirect(here)
            return
        options = {OPTION: f"{wanted.course}/{wanted.profile}"}
        spawner = user.get_or_create_spawner(wanted.server, wanted.server, replace_failed=True)
        spawner.handler = self
        with come_back_later():
            answer = spawner.line_up(options)  # the lease, before anything is stopped
        if isinstance(answer, Refused):
            self.redirect(f"{here}?done=no")
            return
        if isinstance(answer, MustWait) or not await self._is_stopped(user, spawner, wanted.server):
            self.redirect(here)
            return
        await self._start_now(wanted, options)

    async def _start_now(self, wanted: Claim | Lease, options: dict[str, str]) -> None:
        user = self.current_user
        spawner = user.get_or_create_spawner(wanted.server, wanted.server, replace_failed=True)
        pending = self._get_pending_url(user, wanted.server)
        try:
            await self._wrap_spawn_single_user(
                user, wanted.server, wanted.server, spawner, pending, options
            )
        except Exception as error:  # noqa: BLE001  (the page that is shown next says which)
            self.log.warning("%s's start with a GPU failed: %s", user.name, error)
            self.redirect(pending)

    async def _is_stopped(self, user: Any, spawner: Any, server: str) -> bool:
        """Whether no server is in the way; one that runs is stopped, one that starts is not."""
        if not spawner.active:
            return True
        if spawner.lease or spawner.pending:
            return False
        stopped = await self.stop_single_user(user, server)
        await asyncio.wait([stopped], timeout=STOP_PATIENCE_SECONDS)
        return bool(stopped.done())

    def state(self) -> object:
        """Who looks, and what the hub does with their servers."""
        user = self.current_user
        return user.name, [(name, doing(each), each.lease) for name, each in user.spawners.items()]

    def page(self) -> GpuPage:
        """Place, offer or lease of who is logged in."""
        user = self.current_user
        seen = mine(self.desk, user.name, self._allowance_of)
        wanted = seen.lease or (seen.view.claim if seen.view else None)
        spawner = user.spawners.get(wanted.server if wanted else "")
        server = doing(spawner) if spawner is not None else ""
        times = Times(self.desk.book().rules, self.desk.now)
        watchdog: Watchdog = self.app.gpus.watchdog
        has_lease = bool(seen.lease and spawner and spawner.lease == seen.lease.id)
        return GpuPage(
            state=state_of_desk(seen, server, has_lease=has_lease),
            mine=seen,
            profile=self._title(wanted),
            server=server,
            server_url=f"{self.base_url}user/{url_escape_path(user.name)}/",
            ended=watchdog.why_stopped(user.name) or ended(seen.last, times),
            times=times,
            told=tuple(each.text for each in watchdog.news_for(user.name)),
            notice=said_of_click(self, SAID),
        )

    def _title(self, wanted: Claim | Lease | None) -> str:
        course = self.app.desks().people.courses().get(wanted.course) if wanted else None
        profile = course.profiles.get(wanted.profile) if course and wanted else None
        return profile.title if profile else ""


class RenewHandler(APIHandler):  # type: ignore[misc]  # JupyterHub has no types
    """
    ``/hub/api/crepre/gpu/renew``: the button of the notice in JupyterLab.

    A running server asks with its own token, which is its owner's.
    """

    async def post(self) -> None:
        """Whether the time begins anew, and what to tell of it."""
        name = owner_who_asks(self).name
        desk: LendingDesk = self.app.lending()
        with come_back_later():
            answer = renew_own(desk, name, partial(allowance_of, self.app))
            book = desk.book()
        lease = next(iter(book.leases_of(name)), None)
        if isinstance(answer, Refused) or lease is None:
            self.write({"renewed": False, "text": getattr(answer, "whole", "")})
            return
        until = book.rules.clock(lease.ends)
        self.write({"renewed": True, "text": say("You have a GPU until %(time)s.", time=until)})


SAID = {
    "leave": say("You have left the line."),
    "renew": say("Your time on the GPU begins anew."),
    "no": say("That was not possible any more; this is how it is now."),
}
