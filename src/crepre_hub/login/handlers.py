"""The account pages: log in, sign up, welcome, change the password."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LoginHandler
from jupyterhub.user import User
from tornado import web

from crepre_hub.decisions import Refused
from crepre_hub.login.door import TAKEN, WRONG, Admitted, Answer, MustWait, Visitor
from crepre_hub.login.later import come_back_later
from crepre_hub.login.names import LONGEST_NAME, normal_name
from crepre_hub.login.pages import ChangePasswordPage, SignUpPage, Trouble, WelcomePage
from crepre_hub.login.sources import address_of
from crepre_hub.sentences import say
from crepre_hub.store.accounts import Account

if TYPE_CHECKING:
    from crepre_hub.login.accounts import AccountsAuthenticator

DEVICE_COOKIE = "crepre-device"
DEVICE_COOKIE_DAYS = 365

EXPIRED_FORM = say("This form was open for too long. Send it once more.")
UNEQUAL = Trouble(say("The two passwords are not the same."), say("Type the new password twice."))


class Proven(dict[str, str]):
    """
    Login data for somebody whose account has just been opened by other means.

    What a browser posts is always a plain dict, so no form can pretend to be one.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(username=account.name)
        self.account = account


class AccountHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """What the pages have in common: who is there, where from, and forms that come back."""

    @property
    def accounts(self) -> AccountsAuthenticator:
        """The authenticator, as what it is."""
        return cast("AccountsAuthenticator", self.authenticator)

    def set_default_headers(self) -> None:
        """Forms with codes and passwords are neither stored nor named to other sites."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")

    def check_xsrf_cookie(self) -> None:
        """As JupyterHub does it, in words for people."""
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            self.log.warning("XSRF check failed on an account page: %s", error)
            raise web.HTTPError(error.status_code, EXPIRED_FORM) from error

    def visitor(self, name: str | None = None) -> Visitor:
        """Where this request comes from; with the device's proof where it is for *name*."""
        address = address_of(
            self.request,
            proxies=self.accounts.trusted_proxies,
            downstream=self.app.trusted_downstream_ips,
        )
        return Visitor(address, self._proof_for(name) if name else None)

    def _proof_for(self, typed_name: str) -> str | None:
        name = normal_name(typed_name)
        cookie = self.get_secure_cookie(DEVICE_COOKIE, max_age_days=DEVICE_COOKIE_DAYS)
        proof = (cookie or b"").decode("utf-8", "replace")
        is_for_name = isinstance(name, str) and proof.startswith(f"{name}:")
        return proof if is_for_name else None

    def remember_device(self, user: User) -> None:
        """Let this browser prove, next time, that it has been here."""
        proof = self._proof_for(user.name) or f"{user.name}:{secrets.token_hex(16)}"
        self._set_cookie(
            DEVICE_COOKIE,
            proof,
            encrypted=True,
            path=self.hub.base_url,
            expires_days=DEVICE_COOKIE_DAYS,
        )

    async def admit(self, account: Account) -> None:
        """Log in, through the same steps as with a password, and go on."""
        user = await self.login_user(Proven(account))
        if user is None:
            raise web.HTTPError(403, say("This account may not use the lab."))
        self._jupyterhub_user = user
        self.remember_device(user)
        self.redirect(self.get_next_url(user))

    def field(self, name: str) -> str:
        """A field of the posted form, as it was typed; empty where it is missing."""
        return str(self.get_body_argument(name, default="", strip=False))

    def note_refusal(self, answer: Refused | MustWait) -> Trouble:
        """Set the status of the answer and put it into words."""
        if isinstance(answer, MustWait):
            self.set_status(429)
            self.set_header("Retry-After", str(answer.seconds))
        else:
            self.set_status(409 if answer is TAKEN else 403)
        return Trouble.of(answer)


class AccountLoginHandler(AccountHandler, LoginHandler):  # type: ignore[misc]
    """JupyterHub's login page, told in our words."""

    async def post(self) -> None:
        """Try the name and the password."""
        name = self.field("username")
        user = await self.login_user({"username": name, "password": self.field("password")})
        if user:
            self._jupyterhub_user = user
            self.remember_device(user)
            self.redirect(self.get_next_url(user))
            return
        self.set_status(403)
        self.finish(await self._render(login_error=WRONG.whole, username=name))

    def _render(
        self, login_error: str | None = None, username: str | None = None, **context: Any
    ) -> Any:
        """Never send back more of a name than a name can have."""
        shown = (username or "")[:LONGEST_NAME]
        return super()._render(login_error=login_error, username=shown, **context)


class SignUpHandler(AccountHandler):
    """An account for whoever wants one, where the lab allows it."""

    async def prepare(self) -> None:
        """Say so where it does not."""
        await super().prepare()
        if not self.accounts.sign_up:
            raise web.HTTPError(
                403, say("This lab does not let people sign up. Ask your teacher for a link.")
            )

    async def get(self) -> None:
        """The empty form."""
        await self._show()

    async def post(self) -> None:
        """Make the account and log in."""
        name = self.field("username")
        password = self.field("password")
        if password != self.field("password_again"):
            self.set_status(400)
            await self._show(name, UNEQUAL)
            return
        answer = await self._sign_up(name, password)
        if isinstance(answer, Admitted):
            await self.admit(answer.account)
        else:
            await self._show(name, self.note_refusal(answer))

    async def _sign_up(self, name: str, password: str) -> Answer:
        """A name that means something elsewhere in the lab is not for whoever comes first."""
        normal = normal_name(name)
        if isinstance(normal, str) and (
            self.accounts.is_kept(normal) or self.find_user(normal) is not None
        ):
            return TAKEN
        with come_back_later():
            return await self.accounts.door.sign_up(name, password, self.visitor())

    async def _show(self, name: str = "", trouble: Trouble | None = None) -> None:
        page = SignUpPage(self.get_argument("next", ""), name[:LONGEST_NAME], trouble)
        self.finish(await self.render_template("accounts_sign_up.html", page=page))


class WelcomeHandler(AccountHandler):
    """Opened by a one-time link: choose a password, for the first time or after a reset."""

    async def get(self) -> None:
        """The form; looking does not use the link up, so mail scanners may look."""
        code = self.get_query_argument("code", "")
        with come_back_later():
            name = await self.accounts.door.name_behind_link_or_none(code)
        if name is None:
            self.set_status(403)
        await self._show(code, name)

    async def post(self) -> None:
        """Set the password, use the link up and log in."""
        code = self.field("code")
        password = self.field("password")
        if password != self.field("password_again"):
            self.set_status(400)
            await self._show_again(code, UNEQUAL)
            return
        with come_back_later():
            answer = await self.accounts.door.use_link(code, password)
        if isinstance(answer, Admitted):
            await self.admit(answer.account)
        else:
            await self._show_again(code, self.note_refusal(answer))

    async def _show_again(self, code: str, trouble: Trouble) -> None:
        with come_back_later():
            name = await self.accounts.door.name_behind_link_or_none(code)
        await self._show(code, name, trouble)

    async def _show(self, code: str, name: str | None, trouble: Trouble | None = None) -> None:
        page = WelcomePage(code if name else "", name, trouble)
        self.finish(await self.render_template("accounts_welcome.html", page=page))


class ChangePasswordHandler(AccountHandler):
    """A new password for whoever is logged in and knows the old one."""

    async def prepare(self) -> None:
        """Say where the password is changed that is none of the lab's."""
        await super().prepare()
        label = await self.accounts.vouches_for(self.current_user.name) if self.current_user else ""
        if label:
            raise web.HTTPError(
                403,
                say("You log in with %(provider)s. A password is changed there.", provider=label),
            )

    @web.authenticated
    async def get(self) -> None:
        """The form, or that it is done."""
        await self._show(is_done=self.get_query_argument("done", "") == "yes")

    @web.authenticated
    async def post(self) -> None:
        """Change it; every other browser is logged out, this one stays."""
        user = self.current_user
        new = self.field("password")
        if new != self.field("password_again"):
            self.set_status(400)
            await self._show(trouble=UNEQUAL)
            return
        with come_back_later():
            answer = await self.accounts.door.change_password(
                user.name, self.field("old_password"), new, self.visitor(user.name)
            )
        if not isinstance(answer, Admitted):
            await self._show(trouble=self.note_refusal(answer))
            return
        await self.accounts.end_sessions_of(user)
        self.set_login_cookie(user)
        self.redirect(self.request.path + "?done=yes")

    async def _show(self, *, is_done: bool = False, trouble: Trouble | None = None) -> None:
        page = ChangePasswordPage(self.current_user.name, is_done, trouble)
        self.finish(await self.render_template("accounts_password.html", page=page))


PAGES = [
    (r"/login", AccountLoginHandler),
    (r"/signup", SignUpHandler),
    (r"/welcome", WelcomeHandler),
    (r"/password", ChangePasswordHandler),
]
