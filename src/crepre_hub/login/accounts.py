"""Local accounts as JupyterHub sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from tornado import web
from traitlets import Any as AnyTrait
from traitlets import Bool, Set, Unicode, default

from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError, StoreUnreachable
from crepre_hub.login.door import CLOSED, Admitted, Door, MustWait
from crepre_hub.login.gate import Gate
from crepre_hub.login.handlers import PAGES, Proven
from crepre_hub.login.later import come_back_later, later
from crepre_hub.login.names import normal_name
from crepre_hub.login.passwords import PasswordDesk
from crepre_hub.login.sessions import end_sessions
from crepre_hub.store.accounts import Account, AccountStore
from crepre_hub.store.attempts import AttemptLog
from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema


class AccountsAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """
    Lets in whoever has an open account in the lab's database and knows its password.

    - Who is an admin is said by the account and by ``admins``, at each login and refresh.
    - A user of the hub without an account cannot log in.
    - Sessions from before a reset or a disabling end within ``auth_refresh_age`` seconds.
    """

    store_url = Unicode(
        "sqlite:///crepre.sqlite",
        config=True,
        help="The lab's database, as an SQLAlchemy URL.",
    )
    sign_up = Bool(False, config=True, help="Whether anybody may make an account for themselves.")
    admins = Set(config=True, help="Names that are admins whatever their account says.")
    kept_names = AnyTrait(
        None,
        allow_none=True,
        config=True,
        help="""
        A callable that returns the names which signing up cannot take, such as everybody whom
        a course names: whoever signed up first would be that person. ``admins`` are always kept.
        """,
    )
    trusted_proxies = Set(
        default_value={"127.0.0.1", "::1"},
        config=True,
        help="""
        Addresses whose ``X-Forwarded-For`` is believed: the lab's proxy, as the hub sees it.
        A TLS proxy in front of that belongs into ``JupyterHub.trusted_downstream_ips``.
        """,
    )

    @default("allow_all")
    def _everybody_with_an_account(self) -> bool:
        return True

    @default("auth_refresh_age")
    def _seconds_until_sessions_end(self) -> int:
        return 5

    @default("auth_refresh_strict")
    def _also_for_tokens(self) -> bool:
        return True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ending_sessions = asyncio.Lock()

    @cached_property
    def door(self) -> Door:
        """The use cases behind the pages; the database is opened and brought up to date here."""
        engine = open_engine(self.store_url)
        ensure_schema(engine)
        return Door(AccountStore(engine), Gate(AttemptLog(engine)), PasswordDesk())

    def names_kept(self) -> Collection[str]:
        """Names that signing up cannot take."""
        more: Callable[[], Collection[str]] | None = self.kept_names
        return {*self.admins, *self.admin_users, *(more() if more is not None else ())}

    def is_kept(self, name: str) -> bool:
        """Whether signing up cannot take *name*."""
        return name in self.names_kept()

    def get_handlers(self, app: object) -> list[tuple[str, type[BaseHandler]]]:
        """The pages. The hub asks once, while it starts: a bad database is noticed here."""
        assert self.door
        return list(PAGES)

    def normalize_username(self, username: str) -> str:
        """The one normal form; what has none is left as it is, to be refused as invalid."""
        name = normal_name(username)
        return username if isinstance(name, Refused) else name

    def validate_username(self, username: str) -> bool:
        """Only names in normal form are users of this hub."""
        return normal_name(username) == username

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """
        The account that *data* opens, or None.

        Raises:
            web.HTTPError: 403 where the account is closed; 429 or 503 with ``Retry-After``
                where nothing was looked at.
        """
        if isinstance(data, Proven):
            account = data.account
        else:
            answer = await self._ask_the_door(handler, data)
            if answer is None:
                return None
            account = answer.account
        with come_back_later():
            await self._end_old_sessions(account, handler.find_user(account.name))
        return {"name": account.name, "admin": self._is_admin(account)}

    async def _ask_the_door(self, handler: Any, data: dict[str, str]) -> Admitted | None:
        name, password = data.get("username", ""), data.get("password", "")
        with come_back_later():
            answer = await self.door.log_in(name, password, handler.visitor(name))
        if isinstance(answer, MustWait):
            raise later(429, answer.seconds, answer.whole)
        if answer is CLOSED:
            raise web.HTTPError(403, CLOSED.whole)
        return answer if isinstance(answer, Admitted) else None

    async def refresh_user(self, user: User, handler: Any = None) -> bool | dict[str, Any]:
        """
        Whether *user* may stay; called with every few requests.

        While the database does not answer, whoever is in stays in: a hiccup must not throw a
        class out of its lesson. Nobody new comes in meanwhile.
        """
        try:
            account = await self.door.aside(self.door.store.account_or_none, user.name)
        except StoreUnreachable as trouble:
            self.log.error("Sessions cannot be checked: %s", trouble.__cause__)
            return True
        if account is None:
            return False
        if await self._end_old_sessions(account, user) or account.is_disabled:
            return False
        if self._is_admin(account) != user.admin:
            return {"admin": self._is_admin(account), "groups": None}
        return True

    async def delete_user(self, user: User) -> None:
        """Whoever is deleted on the admin page cannot come back by logging in."""
        super().delete_user(user)
        try:
            await self.door.aside(self.door.store.disable, user.name)
        except AccountError:
            self.log.info("The deleted user %s had no account", user.name)

    async def end_sessions_of(self, user: User) -> None:
        """End every session of *user* now."""
        async with self._ending_sessions:
            end_sessions(user)

    async def _end_old_sessions(self, account: Account, user: User | None) -> bool:
        """Do what a reset or a disabling asked for; whether there was anything to do."""
        if not account.sessions_must_end:
            return False
        async with self._ending_sessions:
            again = await self.door.aside(self.door.store.account_or_none, account.name)
            if again is None or not again.sessions_must_end:
                return True  # another request has just done it
            if user is not None:
                end_sessions(user)
            await self.door.aside(self.door.store.sessions_have_ended, account.name)
        return True

    async def vouches_for(self, name: str) -> str:
        """Who says that *name* is who they are, for people; empty for a password of the lab's."""
        return ""

    def _is_admin(self, account: Account) -> bool:
        return account.is_admin or account.name in self.admins | self.admin_users
