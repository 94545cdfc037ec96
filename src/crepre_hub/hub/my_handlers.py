"""The buttons of the start page: stop my server, let somebody in, take that back."""

from __future__ import annotations

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import url_path_join
from tornado import web

from crepre_hub.decisions import Refused
from crepre_hub.desk.inviting import InviteDesk
from crepre_hub.hub.course_staff import hub_user
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say


class MyHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/my``, about whoever is logged in and nobody else."""

    @web.authenticated
    def get(self) -> None:
        """What there is to see is the start page."""
        self._go_home()

    @web.authenticated
    async def post(self) -> None:
        """Do it, and go back to the start page."""
        action = self.get_body_argument("action", "")
        with come_back_later():
            if action == "stop":
                await self._stop()
            elif action == "invite":
                self._invite()
            elif action == "revoke":
                self._revoke()
            else:
                raise web.HTTPError(400, say("The start page has no such button."))
        self._go_home()

    async def _stop(self) -> None:
        if self.current_user.spawner.ready:
            await self.stop_single_user(self.current_user, "")

    def _invite(self) -> None:
        course, _, name = self.get_body_argument("who", "").partition("/")
        desk: InviteDesk = self.app.desks().inviting
        guest = self.find_user(name)
        if guest is None:
            raise web.HTTPError(404)
        answer = desk.invite(hub_user(self.current_user), hub_user(guest), course)
        if isinstance(answer, Refused):
            raise web.HTTPError(403, answer.whole)
        self.log.info("%s invites %s until %s", answer.owner, answer.guest, answer.expires_at)
        self.app.standing.look()

    def _revoke(self) -> None:
        desk: InviteDesk = self.app.desks().inviting
        if not desk.revoke(self.current_user.name, self.get_body_argument("invitation", "")):
            raise web.HTTPError(404)
        self.log.info("%s takes an invitation back", self.current_user.name)
        self.app.standing.look()

    def _go_home(self) -> None:
        self.redirect(url_path_join(self.hub.base_url, "home"))
