"""
The door to somebody else's server.

Every browser that enters a server gets a token for it from the hub, here: the one place through
which each entry goes. Tokens of visitors are forgotten when the server is started anew, so each
entry into each run of a server is written down.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from jupyterhub import orm
from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler
from sqlalchemy import inspect
from tornado import web

from crepre_hub.desk.people import HubUser
from crepre_hub.desk.visits import NOT_YOURS, VisitDesk
from crepre_hub.hub.running import running_of
from crepre_hub.login.later import come_back_later


class NotedAuthorizeHandler(OAuthAuthorizeHandler):  # type: ignore[misc]
    """JupyterHub's, which lets nobody in whose entry it cannot write down."""

    @web.authenticated
    def post(self) -> None:
        """Only whoever may come in: JupyterHub asks that when it shows the question alone."""
        spawner = self._spawner_or_none()
        if spawner is not None and not self._may_enter(spawner):
            raise web.HTTPError(403, NOT_YOURS.whole)
        super().post()

    def send_oauth_response(self, headers: Any, body: Any, status: int) -> None:
        """The answer that lets a browser in, or does not; written down before it is sent."""
        query = parse_qs(urlsplit(headers.get("Location", "")).query)
        if status == 302 and "code" in query:
            self._note()
        super().send_oauth_response(headers, body, status)

    def _may_enter(self, spawner: orm.Spawner) -> bool:
        return bool(self.get_scope_filter("access:servers")(spawner, kind="server"))

    def _note(self) -> None:
        spawner = self._spawner_or_none()
        visitor = self.current_user
        if spawner is None or spawner.user.name == visitor.name:
            return
        desk: VisitDesk = self.app.desks().visits
        name = spawner.user.name
        owner = HubUser(name, bool(spawner.user.admin), running_of(self.users[spawner.user]))
        with come_back_later():
            entry = desk.note_entry(HubUser(visitor.name, bool(visitor.admin)), owner, spawner.name)
        self.log.info("%s (%s) enters %s's server", visitor.name, entry.visitor_role, name)

    def _spawner_or_none(self) -> orm.Spawner | None:
        """Of the server that the browser wants to enter; None for a service."""
        client_id = self.get_argument("client_id", "")
        client = self.db.query(orm.OAuthClient).filter_by(identifier=client_id).one_or_none()
        return None if client is None else client.spawner


def forget_visitors(spawner: Any) -> None:
    """Make others' tokens for this server worthless, and codes that may still become one."""
    db = inspect(spawner.orm_spawner).session
    for kind in (orm.APIToken, orm.OAuthCode):
        for each in db.query(kind).filter_by(client_id=spawner.oauth_client_id):
            if each.user_id != spawner.user.id:
                db.delete(each)
    db.commit()
