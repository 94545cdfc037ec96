"""What an OpenID Connect provider says about itself, and whether it can be used. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Claims, texts
from crepre_hub.settings.login import is_safe_url

WELL_KNOWN = "/.well-known/openid-configuration"

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""Signatures that only the provider can make; ``none`` and those by a shared secret are not."""

WRONG = "provider-wrong"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """
    Where a provider does what.

    Attributes:
        userinfo: Empty where there is none; the id token then says it all.
        end_session: Empty where people cannot be logged out there.
        wants_basic: Whether the secret goes into a header, since it may not go into a form.
    """

    authorize: str
    token: str
    keys: str
    userinfo: str = ""
    end_session: str = ""
    wants_basic: bool = False


def discovery_url(issuer: str) -> str:
    """Source: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig."""
    return f"{issuer.rstrip('/')}{WELL_KNOWN}"


def judge_discovery(document: Claims, *, issuer: str) -> Endpoints | Refused:
    """
    The endpoints in *document*, if it is the one of *issuer*.

    The issuer must be the same to the character, or one provider could speak for another.
    """
    told = document.get("issuer")
    if told != issuer:
        return _wrong(f"it calls itself {told!r}, and lab.toml says issuer = {issuer!r}")
    found = {}
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = document.get(key)
        if not isinstance(url, str) or not is_safe_url(url):
            return _wrong(f"its {key} is {url!r}, which is not an https address")
        found[key] = url
    if "S256" not in (texts(document.get("code_challenge_methods_supported")) or ("S256",)):
        return _wrong("it does not know PKCE with S256")
    by = texts(document.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",)
    return Endpoints(
        authorize=found["authorization_endpoint"],
        token=found["token_endpoint"],
        keys=found["jwks_uri"],
        userinfo=_optional(document, "userinfo_endpoint"),
        end_session=_optional(document, "end_session_endpoint"),
        wants_basic="client_secret_post" not in by,
    )


def _optional(document: Claims, key: str) -> str:
    url = document.get(key)
    return url if isinstance(url, str) and is_safe_url(url) else ""


def _wrong(what: str) -> Refused:
    return Refused(
        WRONG,
        f"The provider cannot be used: {what}.",
        "Set issuer in lab.toml to what its discovery document says, if that is the right one.",
    )
