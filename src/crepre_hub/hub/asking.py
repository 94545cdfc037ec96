"""Whose running server asks, and what that person's courses permit."""

from __future__ import annotations

from typing import Any

from jupyterhub.user import User
from tornado import web

from crepre_hub.desk.launch import allowance_in
from crepre_hub.desk.park import NO_ALLOWANCE
from crepre_hub.gpu.allowance import Allowance


def owner_who_asks(handler: Any) -> User:
    """
    The owner of the server that asks *handler* with its own token.

    Raises:
        tornado.web.HTTPError: 403 for nobody, for a service, and for the token that a server gets
            for a visitor, which tells who that is, and opens nothing of theirs.
    """
    user = handler.current_user
    if not isinstance(user, User):
        raise web.HTTPError(403)
    if not handler.has_scope(f"users:activity!user={user.name}"):  # each server's own token has it
        raise web.HTTPError(403)
    return user


def allowance_of(app: Any, course_id: str) -> Allowance:
    """What a course permits; no bound where it is gone."""
    course = app.desks().people.courses().get(course_id)
    return allowance_in(course) if course else NO_ALLOWANCE
