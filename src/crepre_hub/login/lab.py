"""
Everybody's way in, as JupyterHub sees it: the lab's own accounts and any number of providers.

JupyterHub knows one authenticator. jupyterhub-multiauthenticator puts several behind one, but asks
none of them again whether a person may stay: an account that was closed would stay open. It also
lets two providers' people with one name share an account, or else renames everybody. Here the
accounts are one table, whoever vouches for them: closing, admins and sessions are the same for all,
and a name belongs to one person. The libraries' authenticators do what they do, each behind pages
of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from jupyterhub import orm
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from jupyterhub.user import User
from sqlalchemy import inspect
from tornado import web
from traitlets import Bool, Callable

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError, CrepreError, StoreUnreachable
from crepre_hub.login.accounts import AccountsAuthenticator
from crepre_hub.login.claims import ASK, Naming
from crepre_hub.login.door import CLOSED
from crepre_hub.login.later import STORE_RETRY_S, come_back_later, later
from crepre_hub.login.names import normal_name, provided_name
from crepre_hub.login.trouble import login_failed
from crepre_hub.login.way import Way
from crepre_hub.sentences import say
from crepre_hub.store.identities import Bound, IdentityStore

ACCOUNTS = "accounts"

NO_PASSWORDS = say("This lab has no passwords of its own. Log in with one of the buttons.")

UNTOLD = say("Your courses cannot be looked up just now. Wait a minute, then try again.")

TAKEN = Refused(
    "name-taken", say("Your user name belongs to somebody else in this lab."), remedy=ASK
)


class LabAuthenticator(AccountsAuthenticator):
    """
    The lab's own accounts, and whoever a provider vouches for.

    - A person at a provider is known by issuer and subject; the name is given once and stays.
    - A name that somebody has is nobody else's, whichever way they come.
    - Whose way in was taken out of the settings is out within ``auth_refresh_age`` seconds.
    """

    ways_in = Callable(lambda: (), help="Returns the ways in beside passwords.").tag(config=True)
    passwords = Bool(True, help="Whether the lab has accounts of its own.").tag(config=True)
    on_login = Callable(
        lambda identity: None,
        help="Called with the ``Identity`` at each login, before the person is in, in a thread.",
    ).tag(config=True)

    @cached_property
    def identities(self) -> IdentityStore:
        """Who is who at which provider."""
        return IdentityStore(self.door.store.engine)

    @cached_property
    def ways(self) -> Sequence[Way]:
        """The ways in beside passwords, in the order of the settings."""
        return tuple(self.ways_in())

    @cached_property
    def providers(self) -> dict[str, Any]:
        """The libraries' authenticators, by word."""
        return {way.word: self._provider(way) for way in self.ways}

    def _provider(self, way: Way) -> Any:
        provider = way.authenticator(parent=self, **way.traits)
        provider.way, provider.lab = way, self
        return provider

    def normalize_username(self, username: str) -> str:
        """The one normal form; what has none is left as it is, to be refused as invalid."""
        name = _normal(username)
        return username if name is None else name

    def validate_username(self, username: str) -> bool:
        """Names of accounts, and of people at providers."""
        return _normal(username) == username

    def get_handlers(self, app: object) -> list[tuple[str, type[Any]]]:
        """Passwords, each provider's own pages, and the one way out."""
        pages = super().get_handlers(app) if self.passwords else [("/login", ButtonsHandler)]
        for provider in self.providers.values():
            pages += [(page, _of(provider, each)) for page, each in provider.get_handlers(app)]
        return [*pages, ("/logout", LeaveHandler)]

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Whoever knows the password of one of the lab's own accounts."""
        if not self.passwords:
            raise web.HTTPError(403, NO_PASSWORDS)
        model = await super().authenticate(handler, data)
        if model is not None:
            name = model["name"]
            await self._tell(Identity(ACCOUNTS, ACCOUNTS, subject=name, name=name))
        return model

    async def admit(self, identity: Identity, naming: Naming, handler: Any) -> dict[str, Any]:
        """
        The account of *identity*, as JupyterHub wants it.

        Raises:
            LoginFailed: If the account is closed, or its name is taken.
            web.HTTPError: 503 with ``Retry-After`` while the database does not answer.
        """
        with come_back_later():
            known = await self.door.aside(self.identities.account_of_or_none, identity)
            if known is None and await self._is_for_another(identity, handler):
                raise login_failed(naming, TAKEN, why=identity)
            name = identity.name if known is None else known.name
            if name in self.blocked_users or (known is not None and known.is_disabled):
                raise login_failed(naming, CLOSED, why=name)
            try:
                account = await self.door.aside(self.identities.admit, identity)
            except AccountError as error:
                raise login_failed(naming, TAKEN, why=identity) from error
            await self._end_old_sessions(account, handler.find_user(account.name))
            await self._tell(replace(identity, name=account.name))
        return {
            "name": account.name,
            "admin": self._is_admin(account),
            "groups": None,
            "auth_state": None,
            "user_info": _user_info(account.name, identity.display_name),
        }

    async def _is_for_another(self, identity: Identity, handler: Any) -> bool:
        """
        Whether the name is one that only people of another way in can have, or is a stray.

        A stray is a user of the hub of whom the accounts know nothing.
        """
        name = identity.name
        if self._begins_as_others(name, than=identity.provider):
            return True
        if handler.find_user(name) is None:
            return False
        return await self.door.aside(self.door.store.account_or_none, name) is None

    def _begins_as_others(self, name: str, *, than: str) -> bool:
        prefixes = (way.naming.prefix for way in self.ways if way.word != than)
        return name.startswith(tuple(filter(None, prefixes)))

    def is_kept(self, name: str) -> bool:
        """Nor can signing up take the name that somebody at a provider would have."""
        return super().is_kept(name) or self._begins_as_others(name, than=ACCOUNTS)

    async def _tell(self, identity: Identity) -> None:
        """
        Let the courses know before the person is in; who is in no course can start nothing.

        Raises:
            web.HTTPError: 503 where the courses could not be told, so that nobody is in half.
        """
        try:
            with come_back_later():
                await asyncio.to_thread(self.on_login, identity)
        except CrepreError as error:
            self.log.error("The courses could not be told of %s: %s", identity.name, error)
            raise later(503, STORE_RETRY_S, UNTOLD) from error

    async def refresh_user(self, user: User, handler: Any = None) -> bool | dict[str, Any]:
        """As with accounts; whose way in is gone may not stay."""
        try:
            bound = await self.bound_or_none(user.name)
        except StoreUnreachable as trouble:
            self.log.error("Sessions cannot be checked: %s", trouble.__cause__)
            return True
        is_open = self.passwords if bound is None else bound.provider in self.providers
        return await super().refresh_user(user, handler) if is_open else False

    async def vouches_for(self, name: str) -> str:
        """The provider's name, for people; empty for a password of the lab's own."""
        with come_back_later():
            bound = await self.bound_or_none(name)
        labels = {way.word: way.label for way in self.ways}
        return "" if bound is None else labels.get(bound.provider, bound.provider)

    async def bound_or_none(self, name: str) -> Bound | None:
        """Who logs in to *name* with a provider."""
        return await self.door.aside(self.identities.behind_or_none, name)


def _normal(username: str) -> str | None:
    for form in (normal_name, provided_name):
        name = form(username)
        if isinstance(name, str):
            return name
    return None


def _user_info(name: str, display_name: str) -> dict[str, str] | None:
    """What JupyterLab shows of a person to others in the same document."""
    return {"name": display_name, "display_name": display_name} if display_name else None


def _of(provider: Any, handler: type[Any]) -> type[Any]:
    """*handler*, for which *provider* is the authenticator."""
    return type(handler.__name__, (handler,), {"authenticator": provider})


class ButtonsHandler(LoginHandler):  # type: ignore[misc]  # JupyterHub has no types
    """The login page of a lab without passwords of its own."""

    async def post(self) -> None:
        """Nothing can be posted here."""
        raise web.HTTPError(403, NO_PASSWORDS)


class LeaveHandler(LogoutHandler):  # type: ignore[misc]  # JupyterHub has no types
    """
    Log out: here, and at the provider where it can do that.

    JupyterHub's cookie is the same in all of a person's browsers and is good for two weeks, so
    whoever copied it could go on. It is made worthless
    (https://github.com/advisories/GHSA-cw7p-q79f-m2v7).
    """

    _leaving = ""

    async def handle_logout(self) -> None:
        """Make the cookie worthless that was just removed from this browser."""
        user = self.current_user
        if user is None:
            return
        self._leaving = user.name
        orm_user: orm.User = user.orm_user
        orm_user.cookie_id = orm.new_token()
        inspect(orm_user).session.commit()

    async def render_logout_page(self) -> None:
        """On to the provider, or back to the login page."""
        there = await self._providers_page_or_none() if self._leaving else None
        self.redirect(there or self.settings["login_url"])

    async def _providers_page_or_none(self) -> str | None:
        lab: LabAuthenticator = self.authenticator
        try:
            bound = await lab.bound_or_none(self._leaving)
        except StoreUnreachable:
            return None
        provider = lab.providers.get(bound.provider) if bound else None
        ask = getattr(provider, "after_logout_or_none", None)
        return None if ask is None else await ask()
