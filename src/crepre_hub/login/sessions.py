"""Ends what a person has open in the hub."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from jupyterhub import orm
from jupyterhub.user import User
from sqlalchemy import inspect
from sqlalchemy.orm import Session

_JUST_BEFORE = timedelta(minutes=1)


def end_sessions(user: User) -> None:
    """
    Make every cookie and every token of *user* worthless, except what running servers need.

    A running server keeps its own token (it reports to the hub with it, and would be stopped
    as unreachable without); the browsers' tokens for that server go. A server believes the
    hub's last answer about a browser for up to five minutes.
    """
    orm_user: orm.User = user.orm_user
    db: Session = inspect(orm_user).session
    orm_user.cookie_id = orm.new_token()
    kept = {token.id for token in _tokens_of_running_servers(orm_user)}
    for token in list(orm_user.api_tokens):
        if token.id not in kept:
            db.delete(token)
    for code in db.query(orm.OAuthCode).filter_by(user_id=orm_user.id):
        db.delete(code)
    db.commit()


def _tokens_of_running_servers(orm_user: orm.User) -> Iterable[orm.APIToken]:
    """
    The token that the hub made just before each running server was started.

    After a restart the hub no longer knows which token it gave to a server. Its note alone
    proves nothing, since people choose the notes of their own tokens; the moment it was made
    cannot be chosen.
    """
    for server in orm_user.orm_spawners.values():
        if server.server is None or server.started is None:
            continue
        made_for_it = [
            token
            for token in orm_user.api_tokens
            if token.session_id is None
            and (token.note or "").startswith("Server at ")
            and _is_just_before(token.created, server.started)
        ]
        yield from sorted(made_for_it, key=lambda token: token.id)[-1:]


def _is_just_before(made: datetime, started: datetime) -> bool:
    """The hub's moments are in UTC, with a time zone only until they have been read back."""
    distance = started.replace(tzinfo=None) - made.replace(tzinfo=None)
    return timedelta(0) <= distance <= _JUST_BEFORE
