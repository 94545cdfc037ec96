"""Who GitHub, GitLab, Google, Entra ID and CILogon are talking about: truth tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Naming
from crepre_hub.login.kinds import azure, cilogon, github, gitlab, google
from crepre_hub.settings.login import CILogonSection, GitLabSection, GoogleSection

TENANT = "1b5e2c4d-aaaa-bbbb-cccc-0123456789ab"
UIO = "https://idp.uio.no"
GOOGLE_IDP = "http://google.com/accounts/o8/id"

GITHUB: dict[str, Any] = {
    "github_user": {"id": 42, "login": "Ola", "name": "Ola N", "email": "ola@evil.org"},
    "emails": [
        {"email": "old@uio.no", "primary": False, "verified": True},
        {"email": "ola@uio.no", "primary": True, "verified": True},
    ],
    "teams": [{"slug": "ml-101", "organization": {"login": "uio"}}],
}
GITLAB: dict[str, Any] = {
    "gitlab_user": {
        "id": 42,
        "username": "ola",
        "name": "Ola N",
        "state": "active",
        "email": "ola@uio.no",
        "confirmed_at": "2026-01-01",
    },
    "groups": [{"full_path": "uio/ml-101"}, {"full_path": "uio"}],
}
GOOGLE: dict[str, Any] = {
    "google_user": {
        "id": "1089",
        "email": "ola@uio.no",
        "verified_email": True,
        "hd": "uio.no",
        "name": "Ola N",
    }
}
AZURE: dict[str, Any] = {
    "user": {
        "tid": TENANT,
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "oid": "o-1",
        "sub": "s-1",
        "preferred_username": "ola@uio.no",
        "email": "ola@uio.no",
        "groups": ["g-1"],
    }
}
CILOGON: dict[str, Any] = {
    "cilogon_user": {
        "sub": "http://cilogon.org/serverA/users/1",
        "idp": UIO,
        "eppn": "ola@uio.no",
        "email": "boss@uio.no",
        "affiliation": "student@uio.no;member@uio.no",
    }
}


def of_github(claims: Any) -> Identity | Refused:
    return github.identify(claims, "https://github.com", Naming("github", "GitHub"))


def of_gitlab(claims: Any) -> Identity | Refused:
    return gitlab.identify(claims, GitLabSection(groups=("uio/ml-101",)), Naming("gitlab", "GL"))


def of_google(claims: Any) -> Identity | Refused:
    naming = Naming("google", "Google", domain="uio.no")
    return google.identify(claims, GoogleSection(domains=("uio.no",)), naming)


def of_azure(claims: Any) -> Identity | Refused:
    return azure.identify(claims, TENANT, Naming("azure", "Microsoft", domain="uio.no"))


def of_cilogon(claims: Any) -> Identity | Refused:
    section = CILogonSection(universities=(UIO,))
    return cilogon.identify(claims, section, Naming("cilogon", "UiO", domain="uio.no"))


def changed(claims: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """*claims*, in whose table of the person *key* is *value*; left out if that is None."""
    table = next(iter(claims))
    person = {**claims[table], key: value}
    return {**claims, table: {each: v for each, v in person.items() if v is not None}}


@pytest.mark.parametrize(
    ("rule", "claims", "expected"),
    [
        (
            of_github,
            GITHUB,
            ("42", "ola", "ola@uio.no", {"team:uio/ml-101", "organization:uio"}),
        ),
        (of_gitlab, GITLAB, ("42", "ola", "ola@uio.no", {"group:uio/ml-101", "group:uio"})),
        (of_google, GOOGLE, ("1089", "ola", "ola@uio.no", {"organization:uio.no"})),
        (of_azure, AZURE, ("o-1", "ola", None, {"group:g-1"})),
        (
            of_cilogon,
            CILOGON,
            (
                "http://cilogon.org/serverA/users/1",
                "ola",
                None,
                {"affiliation:student@uio.no", "affiliation:member@uio.no", f"idp:{UIO}"},
            ),
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_person_is_known_by_the_providers_own_id(
    rule: Callable[[Any], Identity | Refused], claims: Any, expected: Any
) -> None:
    """Id, name, verified address and memberships, each from the claim that can be believed."""
    who = rule(claims)
    assert isinstance(who, Identity)
    assert (who.subject, who.name, who.email, set(who.claims)) == expected


@pytest.mark.parametrize(
    ("rule", "claims", "key", "value", "reason"),
    [
        (of_github, GITHUB, "id", None, "no-subject"),
        (of_github, GITHUB, "id", True, "no-subject"),
        (of_github, GITHUB, "id", "42", "no-subject"),
        (of_github, GITHUB, "login", None, "no-name"),
        (of_github, GITHUB, "login", "ola/../x", "bad-name"),
        (of_gitlab, GITLAB, "id", 0, "no-subject"),
        (of_gitlab, GITLAB, "username", "", "no-name"),
        (of_gitlab, GITLAB, "state", "blocked", "not-active"),
        (of_google, GOOGLE, "verified_email", False, "email-unverified"),
        (of_google, GOOGLE, "verified_email", "true", "email-unverified"),
        (of_google, GOOGLE, "hd", None, "wrong-domain"),
        (of_google, GOOGLE, "hd", "evil.org", "wrong-domain"),
        (of_google, GOOGLE, "hd", "UIO.no", "wrong-domain"),
        (of_google, GOOGLE, "email", "ola@evil.org", "wrong-domain"),
        (of_google, GOOGLE, "id", None, "no-subject"),
        (of_azure, AZURE, "tid", "other", "wrong-issuer"),
        (of_azure, AZURE, "iss", "https://sts.windows.net/x/", "wrong-issuer"),
        (of_azure, AZURE, "oid", None, "no-subject"),
        (of_azure, AZURE, "preferred_username", None, "no-name"),
        (of_cilogon, CILOGON, "idp", GOOGLE_IDP, "wrong-idp"),
        (of_cilogon, CILOGON, "idp", None, "wrong-idp"),
        (of_cilogon, CILOGON, "sub", None, "no-subject"),
        (of_cilogon, CILOGON, "eppn", None, "no-name"),
    ],
)
def test_a_claim_that_is_wrong_or_missing_keeps_people_out(
    rule: Callable[[Any], Identity | Refused], claims: Any, key: str, value: Any, reason: str
) -> None:
    """
    No claim is guessed from another.

    GHSA-55m3-44xf-hg4h: the domain that manages a Google account counts, not the address.
    CVE-2022-31027 (GHSA-r7v4-jwx9-wx43): of CILogon's people, ``idp`` says who vouches.
    """
    answer = rule(changed(claims, key, value))
    assert isinstance(answer, Refused), answer
    assert answer.reason == reason


def test_an_address_on_a_github_profile_is_not_believed() -> None:
    """Only the primary address of the list, and only if it is verified."""
    for emails in ([{"email": "a@uio.no", "primary": True, "verified": False}], [], None, "x"):
        who = of_github({**GITHUB, "emails": emails})
        assert isinstance(who, Identity)
        assert who.email is None


def test_entra_tells_an_address_only_with_its_own_word_for_it() -> None:
    """The address in a token is what an administrator of any tenant wrote."""
    who = of_azure(changed(AZURE, "xms_edov", True))
    assert isinstance(who, Identity)
    assert who.email == "ola@uio.no"


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ({"url": "https://gitlab.com/"}, "ola@uio.no"),
        ({"url": "https://gitlab.uio.no"}, None),
        ({"url": "https://gitlab.uio.no", "email_is_verified": True}, "ola@uio.no"),
        ({"url": "https://gitlab.com.evil.example"}, None),
    ],
)
def test_an_address_that_a_gitlab_of_ones_own_did_not_confirm_is_not_believed(
    fields: dict[str, Any], email: str | None
) -> None:
    """As it is installed it calls every address confirmed; the teacher's as well, if asked to."""
    who = gitlab.identify(GITLAB, GitLabSection(**fields), Naming("gitlab", "GL"))
    assert isinstance(who, Identity)
    assert who.email == email


@pytest.mark.parametrize(
    "groups",
    [[], None, [{"full_path": "uio"}], [{"full_path": "UIO/ml-101"}], [{"name": "uio/ml-101"}]],
)
def test_a_gitlab_group_is_its_whole_path(groups: Any) -> None:
    """CVE-2018-7206: no other group, and no group of a like name, lets anybody in."""
    answer = of_gitlab({**GITLAB, "groups": groups})
    assert isinstance(answer, Refused)
    assert answer.reason == "not-in-group"
