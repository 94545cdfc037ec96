"""
A learning platform (Canvas, Moodle, Brightspace), by LTI 1.3; on ltiauthenticator.

On top of it: only the platform and the deployments that are named, the redirect address is the
lab's own, a launch is good for one login, and it leads to the page that the platform has signed.
Source: https://www.imsglobal.org/spec/lti/v1p3/
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from jupyterhub.handlers.base import BaseHandler
from ltiauthenticator.lti13.auth import LTI13Authenticator
from ltiauthenticator.lti13.constants import LTI13_GENERAL_REQUIRED_CLAIMS
from ltiauthenticator.lti13.error import LoginError, ValidationError
from ltiauthenticator.lti13.handlers import LTI13CallbackHandler, LTI13LoginInitHandler
from ltiauthenticator.lti13.validator import LTI13LaunchValidator
from ltiauthenticator.utils import convert_request_to_dict
from traitlets import Unicode

from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_keys, to_register
from crepre_hub.login.claims import Claims, Naming, refused
from crepre_hub.login.deep_link import CLAIM, REQUEST, Wishes, wish_or_none
from crepre_hub.login.id_token import NotOurs
from crepre_hub.login.launch import identify, page_in_lab
from crepre_hub.login.provided import Provided
from crepre_hub.login.reach import read_document
from crepre_hub.login.tool_key import ToolKey
from crepre_hub.login.trouble import in_words, login_failed, too_late
from crepre_hub.login.used_launches import UsedLaunches
from crepre_hub.login.way import Plan, Way
from crepre_hub.sentences import say


def way(plan: Plan) -> Way:
    """People who open the lab from a course of the platform that is named."""
    section = plan.lab.login.lti
    naming = plan.naming(say("your learning platform"))
    return Way(
        naming=naming,
        authenticator=LtiWay,
        traits={
            "allow_all": True,
            "issuer": section.issuer,
            "client_id": set(section.client_ids),
            "authorize_url": section.authorize_url,
            "jwks_endpoint": section.keys_url,
            "username_key": "sub",
            "lab_url": plan.lab.lab.url,
            "key_file": str(plan.root / "var" / "secrets" / "lti.pem"),
        },
        identify=lambda claims: identify(claims, section, naming),
        begins_here=False,
        hint=say(
            "Do you use %(platform)s? Open the lab from your course there.", platform=naming.label
        ),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the platform's keys are there; the addresses are for whoever sets up the tool."""
    yield from judge_keys(read_document(plan.lab.login.lti.keys_url))
    yield Finding("ok", f"The tool's login (initiation) URL: {plan.lab.lab.url}/hub{plan.page}")
    yield Finding("ok", f"The tool's public keys (JWKS): {plan.lab.lab.url}/hub{plan.page}/keys")
    yield to_register(plan)


class InitHandler(LTI13LoginInitHandler):  # type: ignore[misc]  # no types
    """The platform announces a launch."""

    def post(self) -> None:
        """Send the browser back to the platform to be vouched for, if it is ours."""
        provider: LtiWay = self.authenticator
        naming = provider.way.naming
        with in_words(naming):
            client = self.get_argument("client_id", "")
            if self.get_argument("iss", "") != provider.issuer:
                raise login_failed(naming, _unknown(naming), why="another issuer")
            if client and client not in provider.client_id:
                raise login_failed(naming, _unknown(naming), why="another client")
            super().post()

    get = post

    def authorize_redirect(self, *args: Any, **kwargs: Any) -> None:
        """With our client's id, where the platform did not say which."""
        kwargs["client_id"] = kwargs.get("client_id") or min(self.authenticator.client_id)
        super().authorize_redirect(*args, **kwargs)

    def get_redirect_uri(self) -> str:
        """The lab's own address, whatever the request says its host is."""
        return cast("LtiWay", self.authenticator).return_url

    def _set_oauth_cookie(self, key: str, value: str) -> None:
        _set_cross_site_cookie(self, key, value)


class LaunchValidator(LTI13LaunchValidator):  # type: ignore[misc]  # no types
    """The library's, but for wishes of links: there it wants what the standard calls optional."""

    def validate_id_token(self, id_token: dict[str, Any]) -> None:
        """Whether the claims of a launch, whose signature was right, are those of one."""
        if id_token.get(f"{CLAIM}message_type") != REQUEST:
            super().validate_id_token(id_token)
            return
        self._check_arg_not_missing(id_token, LTI13_GENERAL_REQUIRED_CLAIMS)
        self._check_lti_version(id_token)
        self._check_context_label(id_token)
        self._check_if_iat_is_too_old(id_token)


class LaunchHandler(LTI13CallbackHandler):  # type: ignore[misc]  # no types
    """The platform has vouched for somebody."""

    _launch: Claims = MappingProxyType({})

    async def post(self) -> None:
        """Log in, or say why not; keys are fetched beside the hub's loop."""
        provider: LtiWay = self.authenticator
        naming = provider.way.naming
        with in_words(naming):
            try:
                launch = await asyncio.to_thread(self.decode_and_validate_launch_request)
                if not provider.launches.use(str(launch["nonce"]), now=time.monotonic()):
                    raise login_failed(naming, too_late(naming), why="a launch was used again")
                self._launch = launch
                user = await self.login_user(launch)
            except (ValidationError, LoginError) as error:
                raise NotOurs(str(error)) from error
            await self.redirect_to_next_url(user)

    def decode_and_validate_launch_request(self) -> dict[str, Any]:
        """As the library does it, with our validator."""
        provider: LtiWay = self.authenticator
        validator = LaunchValidator(parent=self.app)
        posted = convert_request_to_dict(self.request.arguments)
        validator.validate_auth_response(posted)
        self.check_state()
        launch: dict[str, Any] = validator.verify_and_decode_jwt(
            encoded_jwt=posted["id_token"],
            issuer=provider.issuer,
            audience=provider.client_id,
            jwks_endpoint=provider.jwks_endpoint,
            jwks_algorithms=provider.jwks_algorithms,
        )
        validator.validate_id_token(launch)
        validator.validate_azp_claim(launch, provider.client_id)
        self.check_nonce(launch)
        return launch

    def get_next_url(self, user: Any = None) -> str:
        """Where the signed launch leads; the unsigned announcement of it is not believed."""
        if self._launch.get(f"{CLAIM}message_type") == REQUEST:
            return self._page_to_choose(user)
        link = self._launch.get(f"{CLAIM}target_link_uri")
        page = page_in_lab(link, lab_url=self.authenticator.lab_url)
        return page or str(super(LTI13CallbackHandler, self).get_next_url(user))

    def _page_to_choose(self, user: Any) -> str:
        """Where a teacher picks what a link in the platform shall lead to."""
        provider: LtiWay = self.authenticator
        wish = wish_or_none(self._launch, user.name)
        if wish is None:
            text = "%(provider)s takes no link from the lab in this place."
            raise login_failed(
                provider.way.naming, refused("no-link-wanted", provider.way.naming, text)
            )
        name = provider.wishes.add(wish, now=time.monotonic())
        return f"{self.hub.base_url}login/{provider.way.word}/link/{name}"


class KeysHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """The lab's public key, for the platform."""

    async def get(self) -> None:
        """As a set of JSON Web Keys (RFC 7517)."""
        provider: LtiWay = self.authenticator
        self.finish({"keys": [await asyncio.to_thread(lambda: provider.key.public)]})


def _unknown(naming: Naming) -> Refused:
    return refused("wrong-issuer", naming, "The lab does not know the platform that sent you.")


def _set_cross_site_cookie(handler: Any, key: str, value: str) -> None:
    """
    A cookie that comes back with the platform's form, which is posted from another site.

    Browsers want such a cookie to be secure, so on a lab without TLS it is an ordinary one.
    """
    is_secure = handler.authenticator.lab_url.startswith("https:")
    more = {"samesite": "None", "secure": True} if is_secure else {}
    handler._set_cookie(key, value, expires_days=1 / 24, **more)  # noqa: SLF001  (JupyterHub's way)


class LtiWay(Provided, LTI13Authenticator):  # type: ignore[misc]  # no types
    """LTI13Authenticator for one platform."""

    lab_url = Unicode(help="The lab's address.")
    key_file = Unicode(help="Where the key is with which the lab signs.")
    login_handler = InitHandler
    callback_handler = LaunchHandler

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.launches = UsedLaunches()
        self.wishes = Wishes()
        self.key = ToolKey(Path(self.key_file))

    @property
    def return_url(self) -> str:
        """The address to register with the platform, and the only one it may send people to."""
        return f"{self.lab_url}/hub/login/{self.way.word}/callback"

    def get_handlers(self, app: object) -> list[tuple[str, type[Any]]]:
        """Announcement and launch, below the way's own address."""
        page = f"/login/{self.way.word}"
        return [
            (page, self.login_handler),
            (f"{page}/callback", self.callback_handler),
            (f"{page}/keys", KeysHandler),
        ]
