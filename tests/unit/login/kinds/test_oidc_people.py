"""Who the claims of an OpenID Connect provider are about: a truth table."""

from __future__ import annotations

from typing import Any

import pytest

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Naming
from crepre_hub.login.kinds.oidc import identify
from crepre_hub.settings.login import OidcSection

ISSUER = "https://idp.example.org"
NAMING = Naming("oidc", "Feide", domain="uio.no")
OLA = {
    "iss": ISSUER,
    "sub": "u-1",
    "preferred_username": "Ola@uio.no",
    "name": "Ola  Nordmann",
    "email": "Ola@UiO.no",
    "email_verified": True,
    "groups": ["a", 7, "b"],
    "eduperson_scoped_affiliation": "student@uio.no",
}


def who(section: OidcSection | None = None, **changes: Any) -> Identity | Refused:
    """What becomes of OLA with *changes*; a claim of None is left out."""
    claims = {key: value for key, value in {**OLA, **changes}.items() if value is not None}
    return identify({"oauth_user": claims}, section or OidcSection(issuer=ISSUER), NAMING)


def test_everything_that_is_told_is_kept_in_neutral_words() -> None:
    """Name without the school's domain, a verified address, groups and affiliations."""
    assert who() == Identity(
        provider="oidc",
        issuer=ISSUER,
        subject="u-1",
        name="ola",
        email="ola@uio.no",
        display_name="Ola Nordmann",
        claims=frozenset({"group:a", "group:b", "affiliation:student@uio.no"}),
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://idp.example.org/"}, "wrong-issuer"),
        ({"iss": "https://evil.example.org"}, "wrong-issuer"),
        ({"iss": None}, "wrong-issuer"),
        ({"sub": None}, "no-subject"),
        ({"sub": ""}, "no-subject"),
        ({"sub": 7}, "no-subject"),
        ({"sub": " u-1"}, "no-subject"),
        ({"sub": "u\x00-1"}, "no-subject"),
        ({"sub": "u" * 256}, "no-subject"),
        ({"preferred_username": None}, "no-name"),
        ({"preferred_username": "  "}, "no-name"),
        ({"preferred_username": ["ola"]}, "no-name"),
        ({"preferred_username": "Åse"}, "bad-name"),
        ({"preferred_username": "ｏｌａ"}, "bad-name"),  # full width: NFKC makes it ola
        ({"preferred_username": "ol\u0430"}, "bad-name"),  # a Cyrillic letter
        ({"preferred_username": "\u212aim"}, "bad-name"),  # the Kelvin sign, small: k
        ({"preferred_username": "o\u200bla"}, "bad-name"),  # a space without width
        ({"preferred_username": "o\u00a0la"}, "bad-name"),  # a space that does not break
        ({"preferred_username": "ola nordmann"}, "bad-name"),
        ({"preferred_username": "..."}, "bad-name"),
        ({"preferred_username": "../ola"}, "bad-name"),
        ({"preferred_username": "uio/ola"}, "bad-name"),
        ({"preferred_username": "ola%2f.."}, "bad-name"),
        ({"preferred_username": "ola@"}, "bad-name"),
        ({"preferred_username": "ola@uio.no@evil.org"}, "bad-name"),
        ({"preferred_username": "o" * 65}, "bad-name"),
        ({"preferred_username": "o" * 10_000_000}, "bad-name"),
    ],
)
def test_what_cannot_be_used_is_refused(changes: dict[str, Any], reason: str) -> None:
    """Without who vouches, a lasting id and a name, nobody gets in."""
    answer = who(**changes)
    assert isinstance(answer, Refused), answer
    assert answer.reason == reason
    assert "Feide" in answer.message


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ola", "ola"),
        ("OLA@UIO.NO", "ola"),
        (" ola ", "ola"),
        ("ola@ntnu.no", "ola@ntnu.no"),
        ("ola@evil-uio.no", "ola@evil-uio.no"),
        ("123456", "123456"),
    ],
)
def test_only_the_schools_own_domain_is_left_out(name: str, expected: str) -> None:
    """``ola`` of another domain stays another person."""
    answer = who(preferred_username=name)
    assert isinstance(answer, Identity)
    assert answer.name == expected


@pytest.mark.parametrize("verified", [None, False, "true", "false", 1, [True]])
def test_only_a_verified_address_is_an_address(verified: Any) -> None:
    """CVE-2026-33175 (GHSA-rrvg-cxh4-qhrv): an address that nobody verified is anybody's."""
    answer = who(email_verified=verified)
    assert isinstance(answer, Identity)
    assert answer.email is None
    refused = who(OidcSection(issuer=ISSUER, user_name="email"), email_verified=verified)
    assert isinstance(refused, Refused)
    assert refused.reason == "email-unverified"


@pytest.mark.parametrize(
    "email",
    ["ola", "ola@uio", "@uio.no", "o la@uio.no", "ølå@uio.no", "a@b@uio.no", "a@uio.no\x00", 7],
)
def test_what_is_no_address_is_none(email: Any) -> None:
    """Rosters go by addresses, so nothing else may look like one."""
    answer = who(email=email)
    assert isinstance(answer, Identity)
    assert answer.email is None


@pytest.mark.parametrize("groups", [None, 7, {"a": 1}, [None, {}, "", " "]])
def test_groups_that_are_none_are_none(groups: Any) -> None:
    """A claim that is not a list of texts puts nobody into a group."""
    answer = who(groups=groups)
    assert isinstance(answer, Identity)
    assert not [claim for claim in answer.claims if claim.startswith("group:")]
