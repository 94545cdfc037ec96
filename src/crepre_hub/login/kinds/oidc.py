"""
Any OpenID Connect provider: a university's, Feide, Keycloak.

On GenericOAuthenticator, which does not look at id tokens; here they are held against the
provider's keys, and what the userinfo says must be about the same person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from oauthenticator.generic import GenericOAuthenticator
from traitlets import List, Unicode

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.errors import CrepreError
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_provider, to_register
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, refused, table, texts
from crepre_hub.login.discovery import Endpoints, discovery_url, judge_discovery
from crepre_hub.login.id_token import Keys, NotOurs, verified_claims
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay, nonce_of
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way
from crepre_hub.sentences import say
from crepre_hub.settings.login import OidcSection

LOOK_AGAIN_SECONDS = 3600

TOKENS_OWN = frozenset({"iss", "aud", "exp", "iat", "nonce", "azp", "sub"})
"""Claims about the token, which no userinfo can change."""


def way(plan: Plan) -> Way:
    """The provider that the section ``login.oidc`` names."""
    section = plan.lab.login.oidc
    naming = plan.naming(say("your university"), domain=section.domain)
    return Way(
        naming=naming,
        authenticator=OidcWay,
        traits={
            **OAUTH_TRAITS,
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "issuer": section.issuer,
            "scope": list(section.scopes),
            "username_claim": "sub",
            "groups_url": section.groups_url,
            "after_logout": plan.after_logout_url if section.logout else "",
        },
        identify=lambda claims: identify(claims, section, naming),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the provider is there, and is the one that is meant."""
    issuer = plan.lab.login.oidc.issuer
    yield from judge_provider(read_document(discovery_url(issuer)), issuer=issuer)
    yield to_register(plan)


def identify(claims: Claims, section: OidcSection, naming: Naming) -> Identity | Refused:
    """Who the claims of an id token and the userinfo are about."""
    user = table(claims.get("oauth_user"))
    if user.get("iss") != section.issuer:
        return refused("wrong-issuer", naming, "The answer did not come from %(provider)s.")
    email = email_if(user.get("email_verified"), user.get("email"))
    if section.user_name == "email" and email is None:
        return refused(
            "email-unverified", naming, "%(provider)s has not verified your e-mail address."
        )
    groups = (*texts(user.get(section.groups)), *texts(claims.get("groups")))
    return identity_of(
        naming,
        issuer=section.issuer,
        subject=user.get("sub"),
        name=user.get(section.user_name),
        email=email,
        display_name=user.get("name"),
        claims=claims_of("group", groups)
        | claims_of("affiliation", texts(user.get(section.affiliations))),
    )


class OidcWay(OAuthWay, GenericOAuthenticator):  # type: ignore[misc]  # no types
    """GenericOAuthenticator that finds its endpoints, and checks the id token."""

    issuer = Unicode(help="Who must have signed.")
    groups_url = Unicode(help="Where the provider lists groups, if not among the claims.")
    after_logout = Unicode(help="Where to come back to from logging out there; empty for never.")
    scope = List(Unicode(), default_value=["openid"], config=True)

    _looked_at = -float(LOOK_AGAIN_SECONDS)
    _endpoints: Endpoints | None = None
    _keys: Keys | None = None

    async def get_ready(self) -> None:
        """Read the discovery document, once an hour; an old one is better than none."""
        if time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
            return
        try:
            self._use(await self._discover())
        except (OSError, ValueError, CrepreError):
            if self._endpoints is None:
                raise
            self.log.exception("The discovery document could not be read again")
        self._looked_at = time.monotonic()

    async def _discover(self) -> Endpoints:
        document = await self.httpfetch(discovery_url(self.issuer), "reading discovery")
        answer = judge_discovery(table(document), issuer=self.issuer)
        if isinstance(answer, Refused):
            raise CrepreError(answer.message, remedy=answer.remedy)
        return answer

    def _use(self, endpoints: Endpoints) -> None:
        if endpoints == self._endpoints:
            return
        self._endpoints = endpoints
        self._keys = Keys(lambda: self.httpfetch(endpoints.keys, "reading keys"))
        self.authorize_url = endpoints.authorize
        self.token_url = endpoints.token
        self.userdata_url = endpoints.userinfo
        self.basic_auth = endpoints.wants_basic

    async def authenticate(self, handler: Any, data: Any = None, **kwargs: Any) -> Any:
        """As upstream, with the nonce of this login at hand."""
        params = self.build_access_tokens_request_params(handler, data)
        token_info = await self.get_token_info(handler, params)
        claims = await self._claims(token_info, nonce_of(handler.get_state_cookie()))
        return await self._token_to_auth_model({**token_info, "verified_claims": claims})

    async def _claims(self, token_info: Any, nonce: str) -> dict[str, Any]:
        assert self._keys is not None
        return await verified_claims(
            token_info.get("id_token"),
            self._keys,
            issuer=self.issuer,
            audience=self.client_id,
            nonce=nonce,
        )

    async def token_to_user(self, token_info: Any) -> dict[str, Any]:
        """The id token's claims, with what the userinfo adds about the same person."""
        claims: dict[str, Any] = token_info["verified_claims"]
        if not self.userdata_url:
            return claims
        more = table(await super().token_to_user(token_info))
        if more.get("sub") != claims["sub"]:
            raise NotOurs("The userinfo is about somebody else.")
        return {**claims, **{key: more[key] for key in more if key not in TOKENS_OWN}}

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """With the groups that Feide tells at an address of their own."""
        if self.groups_url:
            token = auth_model["auth_state"]["token_response"]
            headers = self.build_userdata_request_headers(
                token["access_token"], token["token_type"]
            )
            found = await self.httpfetch(self.groups_url, "reading groups", headers=headers)
            groups = found if isinstance(found, list) else []
            auth_model["auth_state"]["groups"] = [table(each).get("id") for each in groups]
        return auth_model

    async def after_logout_or_none(self) -> str | None:
        """Source: https://openid.net/specs/openid-connect-rpinitiated-1_0.html."""
        if not (self.after_logout and self._endpoints and self._endpoints.end_session):
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": self.after_logout}
        glue = "&" if "?" in self._endpoints.end_session else "?"
        return f"{self._endpoints.end_session}{glue}{urlencode(query)}"
