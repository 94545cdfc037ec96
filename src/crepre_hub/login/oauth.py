"""
The way to a provider and back, with OAuth 2 and OpenID Connect, on oauthenticator's handlers.

On top of theirs:

- the state is in a cookie of each way's own, so an answer of one provider is never taken for the
  answer of another (https://www.rfc-editor.org/rfc/rfc9700#name-mix-up-attacks);
- the redirect address is the lab's own, whatever the request says its host is;
- what goes wrong is told in words.
"""

from __future__ import annotations

import hashlib
from typing import Any

from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthenticator, OAuthLoginHandler
from tornado.httpclient import AsyncHTTPClient
from traitlets import default

from crepre_hub.login.provided import Provided
from crepre_hub.login.trouble import in_words, login_failed, not_let_in, too_late

PATIENCE_SECONDS = 10
LONGEST_ANSWER_BYTES = 4 * 1024**2

OAUTH_TRAITS: dict[str, object] = {
    "allow_all": True,  # who may start what is said by the courses
    "enable_auth_state": False,
    "http_request_kwargs": {
        "connect_timeout": PATIENCE_SECONDS,
        "request_timeout": PATIENCE_SECONDS,
        "follow_redirects": False,  # a token goes to no other address than the one it is for
    },
}


def nonce_of(state_cookie: str) -> str:
    """What an id token must repeat; it belongs to one login in one browser."""
    return hashlib.sha256(f"nonce:{state_cookie}".encode()).hexdigest()


class StartHandler(OAuthLoginHandler):  # type: ignore[misc]  # oauthenticator has no types
    """Send the browser to the provider."""

    _state = ""

    async def get(self) -> None:
        """Redirect, once it is known where to."""
        with in_words(self.authenticator.way.naming):
            await self.authenticator.get_ready()
            super().get()

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """In a cookie of this way's own, which goes nowhere else."""
        self._state = state_cookie_value
        self._set_cookie(
            self.authenticator.state_cookie,
            state_cookie_value,
            path=self.authenticator.cookie_path(self.hub.base_url),
            expires_days=1 / 24,
            samesite="Lax",
        )

    def authorize_redirect(self, *args: Any, **kwargs: Any) -> None:
        """With the nonce of this login."""
        kwargs.setdefault("extra_params", {})["nonce"] = nonce_of(self._state)
        super().authorize_redirect(*args, **kwargs)


class ReturnHandler(OAuthCallbackHandler):  # type: ignore[misc]  # oauthenticator has no types
    """The browser comes back from the provider."""

    _state_cookie: str | None = None

    async def get(self) -> None:
        """Log in, or say why not."""
        with in_words(self.authenticator.way.naming):
            await self.authenticator.get_ready()
            await super().get()

    def get_state_cookie(self) -> str:
        """What was kept at the start; it can be used once."""
        if self._state_cookie is None:
            name = self.authenticator.state_cookie
            self._state_cookie = (self.get_secure_cookie(name) or b"").decode("utf8", "replace")
            self.clear_cookie(name, path=self.authenticator.cookie_path(self.hub.base_url))
        return self._state_cookie

    def check_error(self) -> None:
        """
        The provider's own words are for the log; anybody can write them into a link.

        An answer that says whose it is must be this provider's
        (https://www.rfc-editor.org/rfc/rfc9207).
        """
        naming = self.authenticator.way.naming
        issuer = getattr(self.authenticator, "issuer", "")
        if issuer and self.get_argument("iss", issuer) != issuer:
            raise login_failed(naming, too_late(naming), why="another issuer answered")
        if self.get_argument("error", ""):
            said = self.get_argument("error", "") + " " + self.get_argument("error_description", "")
            raise login_failed(naming, not_let_in(naming), why=said)


class OAuthWay(Provided, OAuthenticator):  # type: ignore[misc]  # oauthenticator has no types
    """Mixed into each of oauthenticator's classes."""

    @default("http_client")
    def _own_client(self) -> AsyncHTTPClient:
        return AsyncHTTPClient(force_instance=True, max_body_size=LONGEST_ANSWER_BYTES)

    @property
    def state_cookie(self) -> str:
        """The name of the cookie between start and return."""
        return f"crepre-login-{self.way.word}"

    def cookie_path(self, hub: str) -> str:
        """Where that cookie goes."""
        return f"{hub}login/{self.way.word}"

    async def get_ready(self) -> None:
        """Find out what must be known about the provider before anybody is sent there."""

    async def after_logout_or_none(self) -> str | None:
        """Where to log out at the provider as well; None where that cannot be done."""
        return None

    def get_handlers(self, app: object) -> list[tuple[str, type[Any]]]:
        """Start and return, below the way's own address."""
        start = type("Start", (StartHandler, self.login_handler), {})
        back = type("Return", (ReturnHandler, self.callback_handler), {})
        page = f"/login/{self.way.word}"
        return [(page, start), (f"{page}/callback", back)]
