"""Ways in where a user name and a password are typed here and looked at elsewhere."""

from __future__ import annotations

from typing import Any

from crepre_hub.decisions import Refused
from crepre_hub.errors import CrepreError
from crepre_hub.login.door import WRONG, MustWait
from crepre_hub.login.handlers import AccountHandler
from crepre_hub.login.later import come_back_later, later
from crepre_hub.login.names import LONGEST_NAME, provided_name
from crepre_hub.login.pages import LoginFormPage, Trouble, WayIn
from crepre_hub.login.provided import Provided
from crepre_hub.login.trouble import in_words
from crepre_hub.sentences import say

LONGEST_PASSWORD = 1024


class FormHandler(AccountHandler):
    """The form of one such way, at ``/hub/login/<word>``."""

    @property
    def accounts(self) -> Any:
        """The authenticator that knows where requests come from."""
        return self.authenticator.lab

    async def get(self) -> None:
        """The empty form."""
        await self._show()

    async def post(self) -> None:
        """Try the name and the password."""
        name = self.field("username")
        with in_words(self.authenticator.way.naming):
            user = await self.login_user({"username": name, "password": self.field("password")})
        if user is None:
            self.set_status(403)
            await self._show(name, Trouble(WRONG.message, say("Try again.")))
            return
        self._jupyterhub_user = user
        self.redirect(self.get_next_url(user))

    async def _show(self, name: str = "", trouble: Trouble | None = None) -> None:
        page = LoginFormPage(
            WayIn.of(self.authenticator.way),
            self.get_argument("next", ""),
            name[:LONGEST_NAME],
            trouble,
        )
        self.finish(await self.render_template("login_form.html", page=page))


class FormWay(Provided):
    """
    Mixed into an authenticator that is given a name and a password.

    Guessing is slowed down as with the lab's own accounts, and by the same counters.
    """

    def nobody(self) -> None:
        """The form comes back."""

    def get_handlers(self, app: object) -> list[tuple[str, type[Any]]]:
        """One page."""
        return [(f"/login/{self.way.word}", FormHandler)]

    async def get_authenticated_user(self, handler: Any, data: Any) -> dict[str, Any] | None:
        """
        Whoever types a name in its normal form and the right password; None for everybody else.

        The library is only ever asked about a name in its normal form: what it would take for the
        same name, a directory may take for another, or for a part of a search.
        """
        name, password = provided_name(data["username"]), data["password"]
        if isinstance(name, Refused) or not 0 < len(password) <= LONGEST_PASSWORD:
            return None
        door = self.lab.door
        with come_back_later():
            attempt = await door.enter(f"{self.way.word}:{name}", handler.visitor())
        if isinstance(attempt, MustWait):
            raise later(429, attempt.seconds, attempt.whole)
        told = {"username": name, "password": password}
        try:
            found = await super().get_authenticated_user(handler, told)
        except CrepreError:  # nothing was looked at, so nothing is held against anybody
            with come_back_later():
                await door.withdraw(attempt)
            raise
        if found is not None:
            with come_back_later():
                await door.forgive(attempt)
        return found
