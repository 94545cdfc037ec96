"""GitHub, or a GitHub Enterprise; on GitHubOAuthenticator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oauthenticator.github import GitHubOAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.checks import judge_answer, to_register
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, number_as_id, table
from crepre_hub.login.oauth import OAUTH_TRAITS, OAuthWay
from crepre_hub.login.reach import read_document
from crepre_hub.login.way import Plan, Way


def way(plan: Plan) -> Way:
    """GitHub's users, or members of the organizations and teams that are named."""
    section = plan.lab.login.github
    naming = plan.naming("GitHub")
    url = section.url.rstrip("/")
    return Way(
        naming=naming,
        authenticator=GitHubWay,
        traits={
            **OAUTH_TRAITS,
            "client_id": section.client_id,
            "client_secret": plan.secret(),
            "oauth_callback_url": plan.callback_url,
            "github_url": url,
            "scope": ["read:org", "user:email"],
            "populate_teams_in_auth_state": True,
            "allowed_organizations": set(section.organizations),
            "allow_all": not section.organizations,
        },
        identify=lambda claims: identify(claims, url, naming),
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the page is there to which people are sent."""
    yield from judge_answer(plan.lab.login.github.url, read_document(plan.lab.login.github.url))
    yield to_register(plan)


def identify(claims: Claims, url: str, naming: Naming) -> Identity | Refused:
    """
    Who GitHub's answers are about.

    The number stays when somebody is renamed, and the old name can be taken by anybody.
    """
    user = table(claims.get("github_user"))
    teams = [table(team) for team in _rows(claims.get("teams"))]
    organizations = {str(table(team.get("organization")).get("login", "")) for team in teams}
    return identity_of(
        naming,
        issuer=url,
        subject=number_as_id(user.get("id")),
        name=user.get("login"),
        email=_email(claims.get("emails")),
        display_name=user.get("name"),
        claims=claims_of("team", map(_team, teams)) | claims_of("organization", organizations),
    )


def _team(team: Claims) -> str:
    """``organization/slug``, as in the team's address; empty without one of the two."""
    organization, slug = table(team.get("organization")).get("login"), team.get("slug")
    return f"{organization}/{slug}" if organization and slug else ""


def _email(emails: object) -> str | None:
    primary = (table(each) for each in _rows(emails) if table(each).get("primary") is True)
    return next((email_if(each.get("verified"), each.get("email")) for each in primary), None)


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else []


class GitHubWay(OAuthWay, GitHubOAuthenticator):  # type: ignore[misc]  # no types
    """GitHubOAuthenticator that asks which e-mail address is verified."""

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """With the list of addresses; the one in a profile does not say whether it is verified."""
        state = auth_model["auth_state"]
        token = state["token_response"]
        state["github_user"].setdefault("email", None)
        found = await super().update_auth_model(auth_model)
        headers = self.build_userdata_request_headers(token["access_token"], token["token_type"])
        state["emails"] = await self.httpfetch(
            f"{self.github_api}/user/emails", "reading e-mail addresses", headers=headers
        )
        return dict(found)
