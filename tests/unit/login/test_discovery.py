"""Which providers can be used, by what they say about themselves."""

from __future__ import annotations

from typing import Any

import pytest

from crepre_hub.decisions import Refused
from crepre_hub.login.discovery import Endpoints, discovery_url, judge_discovery

ISSUER = "https://idp.example.org/realms/lab"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/me",
    "end_session_endpoint": f"{ISSUER}/end",
    "token_endpoint_auth_methods_supported": ["client_secret_post"],
}


def test_a_provider_is_taken_at_its_word() -> None:
    """Keycloak's issuer has a path; the document is below it."""
    assert discovery_url(ISSUER) == f"{ISSUER}/.well-known/openid-configuration"
    assert judge_discovery(DOCUMENT, issuer=ISSUER) == Endpoints(
        *(f"{ISSUER}/{word}" for word in ("auth", "token", "keys", "me", "end"))
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"token_endpoint": "http://idp.example.org/token"},
        {"token_endpoint": None},
        {"token_endpoint": "https://[idp.example.org/token"},
        {"jwks_uri": ["https://idp.example.org"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_provider_that_is_not_the_one_or_not_safe_is_refused(changes: dict[str, Any]) -> None:
    """Another issuer's document, or an endpoint where others can listen."""
    assert isinstance(judge_discovery({**DOCUMENT, **changes}, issuer=ISSUER), Refused)


def test_a_secret_goes_where_the_provider_wants_it() -> None:
    """Who says nothing wants it in a header; an unsafe optional address is none."""
    for methods in (None, ["client_secret_basic"]):
        document = {**DOCUMENT, "token_endpoint_auth_methods_supported": methods}
        found = judge_discovery({**document, "userinfo_endpoint": "http://x"}, issuer=ISSUER)
        assert isinstance(found, Endpoints)
        assert (found.wants_basic, found.userinfo) == (True, "")
