"""GitLab, there or on a machine of one's own; on GitLabOAuthenticator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oauthenticator.gitlab import GitLabOAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_answer, to_register
from crepre_hub.login.claims import (
    Claims,
    Naming,
    email_if,
    identity_of,
    number_as_id,
    refused,
    table,
)
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way
from crepre_hub.settings.login import GitLabSection

THEIRS = "https://gitlab.com"
"""There every address is confirmed by its owner."""

GUEST = 10
"""Source: https://docs.gitlab.com/api/access_requests/#valid-access-levels"""


def way(plan: Plan) -> Way:
    """GitLab's users, or members of the groups that are named."""
    section = plan.lab.login.gitlab
    naming = plan.naming("GitLab")
    return Way(
        naming=naming,
        authenticator=GitLabWay,
        traits={
            **OAUTH_TRAITS,
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "gitlab_url": section.url.rstrip("/"),
            "username_claim": "username",
            "scope": ["read_api"],
        },
        identify=lambda claims: identify(claims, section, naming),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the page is there to which people are sent."""
    yield from judge_answer(plan.lab.login.gitlab.url, read_document(plan.lab.login.gitlab.url))
    yield to_register(plan)


def identify(claims: Claims, section: GitLabSection, naming: Naming) -> Identity | Refused:
    """
    Who GitLab's answers are about.

    Groups are compared as whole paths here, since upstream asks about subgroups under an address
    that GitLab does not know. On a machine of one's own ``confirmed_at`` is set as well where
    GitLab confirms nothing, which is how it is installed.
    Source: https://docs.gitlab.com/security/user_email_confirmation/
    """
    user = table(claims.get("gitlab_user"))
    rows = claims.get("groups")
    paths = [table(each).get("full_path") for each in (rows if isinstance(rows, list) else [])]
    if section.groups and not set(section.groups) & {path for path in paths if path}:
        return refused(
            "not-in-group", naming, "You are not in a group at %(provider)s that may come in."
        )
    if user.get("state") not in (None, "active"):
        return refused("not-active", naming, "Your account at %(provider)s is not active.")
    issuer = section.url.rstrip("/")
    is_looked_at = section.email_is_verified or issuer == THEIRS
    return identity_of(
        naming,
        issuer=issuer,
        subject=number_as_id(user.get("id")),
        name=user.get("username"),
        email=email_if(is_looked_at and bool(user.get("confirmed_at")), user.get("email")),
        display_name=user.get("name"),
        claims=claims_of("group", paths),
    )


class GitLabWay(OAuthWay, GitLabOAuthenticator):  # type: ignore[misc]  # no types
    """GitLabOAuthenticator that lists the groups."""

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """With the first hundred groups of the person."""
        token = auth_model["auth_state"]["token_response"]
        auth_model["auth_state"]["groups"] = await self.httpfetch(
            f"{self.gitlab_api}/groups?min_access_level={GUEST}&per_page=100",
            "reading groups",
            headers=self.build_userdata_request_headers(token["access_token"], "Bearer"),
        )
        return auth_model
