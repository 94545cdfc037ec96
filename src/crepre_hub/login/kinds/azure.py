"""Microsoft Entra ID, for the people of one tenant; on AzureAdOAuthenticator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oauthenticator.azuread import AzureAdOAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_provider, to_register
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, refused, table, texts
from crepre_hub.login.discovery import discovery_url
from crepre_hub.login.id_token import Keys, verified_claims
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way

CLOUD = "https://login.microsoftonline.com"


def way(plan: Plan) -> Way:
    """People of the tenant that is named, guests in it included."""
    section = plan.lab.login.azure
    naming = plan.naming("Microsoft")
    return Way(
        naming=naming,
        authenticator=AzureWay,
        traits={
            **OAUTH_TRAITS,
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "tenant_id": section.tenant,
            "authorize_url": f"{CLOUD}/{section.tenant}/oauth2/v2.0/authorize",
            "token_url": f"{CLOUD}/{section.tenant}/oauth2/v2.0/token",
            "username_claim": "sub",
            "scope": ["openid", "profile", "email"],
        },
        identify=lambda claims: identify(claims, section.tenant, naming),
    )


def issuer_of(tenant: str) -> str:
    """Who signs. Source: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference."""
    return f"{CLOUD}/{tenant}/v2.0"


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the provider is there, and is the one that is meant."""
    issuer = issuer_of(plan.lab.login.azure.tenant)
    yield from judge_provider(read_document(discovery_url(issuer)), issuer=issuer)
    yield to_register(plan)


def identify(claims: Claims, tenant: str, naming: Naming) -> Identity | Refused:
    """
    Who a token of Entra ID is about.

    ``oid`` is the person in the tenant. The address is whatever its owner's administrator wrote,
    unless Microsoft says that the domain is theirs (``xms_edov``).
    """
    user = table(claims.get("user"))
    if user.get("tid") != tenant or user.get("iss") != issuer_of(tenant):
        return refused(
            "wrong-issuer", naming, "Your account at %(provider)s is not one of this school."
        )
    return identity_of(
        naming,
        issuer=issuer_of(tenant),
        subject=user.get("oid"),
        name=user.get("preferred_username"),
        email=email_if(user.get("xms_edov"), user.get("email")),
        display_name=user.get("name"),
        claims=claims_of("group", texts(user.get("groups")))
        | claims_of("role", texts(user.get("roles"))),
    )


class AzureWay(OAuthWay, AzureAdOAuthenticator):  # type: ignore[misc]  # no types
    """AzureAdOAuthenticator that looks at the signature of the token, which upstream does not."""

    _keys: Keys | None = None

    async def token_to_user(self, token_info: Any) -> dict[str, Any]:
        """What is in the id token, if the tenant signed it for us."""
        if self._keys is None:
            url = self.authorize_url.replace("/oauth2/v2.0/authorize", "/discovery/v2.0/keys")
            self._keys = Keys(lambda: self.httpfetch(url, "reading keys"))
        return await verified_claims(
            token_info.get("id_token"),
            self._keys,
            issuer=issuer_of(self.tenant_id),
            audience=self.client_id,
            nonce=None,
        )
