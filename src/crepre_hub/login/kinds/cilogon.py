"""CILogon, for the people of named universities; on CILogonOAuthenticator."""

from __future__ import annotations

from collections.abc import Iterator

from oauthenticator.cilogon import CILogonOAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_provider, to_register
from crepre_hub.login.claims import Claims, Naming, identity_of, refused, table, texts
from crepre_hub.login.discovery import discovery_url
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way
from crepre_hub.sentences import say
from crepre_hub.settings.login import CILogonSection

ISSUER = "https://cilogon.org"


def way(plan: Plan) -> Way:
    """People whom one of the named universities has logged in."""
    section = plan.lab.login.cilogon
    naming = plan.naming(say("your university"), domain=section.domain)
    derivation = {"username_derivation": {"username_claim": "sub"}, "allow_all": True}
    return Way(
        naming=naming,
        authenticator=CILogonWay,
        traits={
            **OAUTH_TRAITS,
            "allow_all": False,  # each university allows its own
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "idps": {entity: dict(derivation) for entity in section.universities},
        },
        identify=lambda claims: identify(claims, section, naming),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the provider is there, and is the one that is meant."""
    issuer = ISSUER
    yield from judge_provider(read_document(discovery_url(issuer)), issuer=issuer)
    yield to_register(plan)


def identify(claims: Claims, section: CILogonSection, naming: Naming) -> Identity | Refused:
    """
    Who CILogon's userinfo is about.

    Which university vouches is said by ``idp`` alone: an address or a name at a domain is told by
    whoever logs people in, Google and GitHub among them
    (https://github.com/advisories/GHSA-r7v4-jwx9-wx43). So a name is only taken as it is from a
    university that may come in, and an e-mail address is never taken for verified.
    """
    user = table(claims.get("cilogon_user"))
    if user.get("idp") not in section.universities:
        return refused("wrong-idp", naming, "Only people of the lab's own university may come in.")
    affiliations = [
        part.strip() for text in texts(user.get("affiliation")) for part in text.split(";")
    ]
    return identity_of(
        naming,
        issuer=ISSUER,
        subject=user.get("sub"),
        name=user.get(section.user_name),
        display_name=user.get("name"),
        claims=claims_of("affiliation", affiliations)
        | claims_of("group", texts(user.get("isMemberOf")))
        | claims_of("idp", texts(user.get("idp"))),
    )


class CILogonWay(OAuthWay, CILogonOAuthenticator):  # type: ignore[misc]  # no types
    """CILogonOAuthenticator, which refuses other universities as well."""
