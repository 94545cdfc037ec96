"""Google, for the people of a school's own Google Workspace; on GoogleOAuthenticator."""

from __future__ import annotations

from collections.abc import Iterator

from oauthenticator.google import GoogleOAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_provider, to_register
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, refused, table
from crepre_hub.login.discovery import discovery_url
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way
from crepre_hub.settings.login import GoogleSection

ISSUER = "https://accounts.google.com"


def way(plan: Plan) -> Way:
    """People whose account one of the named domains manages."""
    section = plan.lab.login.google
    only = section.domains[0] if len(section.domains) == 1 else ""
    naming = plan.naming("Google", domain=only)
    return Way(
        naming=naming,
        authenticator=GoogleWay,
        traits={
            **OAUTH_TRAITS,
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "hosted_domain": list(section.domains),
            "strip_domain": False,
            "scope": ["openid", "email", "profile"],
        },
        identify=lambda claims: identify(claims, section, naming),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the provider is there, and is the one that is meant."""
    issuer = ISSUER
    yield from judge_provider(read_document(discovery_url(issuer)), issuer=issuer)
    yield to_register(plan)


def identify(claims: Claims, section: GoogleSection, naming: Naming) -> Identity | Refused:
    """
    Who Google's userinfo is about.

    What counts is the domain that manages the account (``hd``), not the one in the address:
    anybody can open a Google account with an address of the university
    (https://github.com/advisories/GHSA-55m3-44xf-hg4h).
    """
    user = table(claims.get("google_user"))
    email = email_if(user.get("verified_email"), user.get("email"))
    if email is None:
        return refused(
            "email-unverified", naming, "%(provider)s has not verified your e-mail address."
        )
    domain = user.get("hd")
    if domain not in section.domains or not email.endswith(f"@{domain}"):
        return refused(
            "wrong-domain", naming, "Only accounts of the school at %(provider)s may come in."
        )
    return identity_of(
        naming,
        issuer=ISSUER,
        subject=user.get("id"),
        name=email,
        email=email,
        display_name=user.get("name"),
        claims=claims_of("organization", [domain]),
    )


class GoogleWay(OAuthWay, GoogleOAuthenticator):  # type: ignore[misc]  # no types
    """GoogleOAuthenticator, which refuses other domains and unverified addresses as well."""
