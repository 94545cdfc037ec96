"""What the doctor makes of the other end of a way in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from crepre_hub.findings import Finding
from crepre_hub.login.checks import (
    judge_answer,
    judge_keys,
    judge_provider,
    to_register,
    way_checks,
)
from crepre_hub.login.kinds import pam
from crepre_hub.login.reach import Document
from crepre_hub.login.ways import plan_of
from crepre_hub.settings.lab import Lab

ISSUER = "https://idp.example.org"
URL = f"{ISSUER}/.well-known/openid-configuration"
WHOLE = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/a",
    "token_endpoint": f"{ISSUER}/t",
    "jwks_uri": f"{ISSUER}/k",
}


def only(findings: Iterable[Finding]) -> Finding:
    """The one finding; an error has a remedy."""
    (found,) = findings
    assert (found.level == "ok") or found.remedy
    return found


@pytest.mark.parametrize(
    ("seen", "level", "said"),
    [
        (Document(URL, WHOLE), "ok", "is there"),
        (Document(URL, problem="Name or service not known"), "error", "Name or service"),
        (Document(URL, problem="status 404"), "error", "status 404"),
        (Document(URL, {**WHOLE, "issuer": f"{ISSUER}/"}), "error", "calls itself"),
        (Document(URL, {**WHOLE, "jwks_uri": "http://x.org"}), "error", "jwks_uri"),
    ],
)
def test_a_provider_is_there_and_the_one(seen: Document, level: str, said: str) -> None:
    """Silence, and another issuer, are found before a student finds them."""
    found = only(judge_provider(seen, issuer=ISSUER))
    assert (found.level, said in found.text) == (level, True)


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (Document(URL, {"keys": [{}]}), "ok"),
        (Document(URL, {"keys": []}), "error"),
        (Document(URL, {}), "error"),
        (Document(URL, problem="status 500"), "error"),
    ],
)
def test_a_platform_shows_its_keys(seen: Document, level: str) -> None:
    """Without them every launch is refused."""
    assert only(judge_keys(seen)).level == level


@pytest.mark.parametrize(
    ("problem", "level"),
    [
        ("", "ok"),
        ("status 302", "ok"),
        ("Expecting value: line 1 column 1 (char 0)", "ok"),
        ("[Errno 111] Connection refused", "error"),
    ],
)
def test_any_page_shows_that_somebody_is_there(problem: str, level: str) -> None:
    """GitHub's front page is no JSON, and that is as it should be."""
    assert only(judge_answer("https://github.com", Document("", problem=problem))).level == level


def test_the_address_to_register_is_told() -> None:
    """It is the lab's own, below the word of the way in."""
    lab = Lab.model_validate({"lab": {"url": "https://lab.org"}, "login": {"kind": ("pam",)}})
    plan = plan_of("pam", lab, root=Path("/"), environ={})
    assert "https://lab.org/hub/login/pam/callback" in to_register(plan).text
    assert [check.name for check in way_checks(lab, root=Path("/"), environ={})] == ["login-pam"]


def test_a_service_of_pam_that_is_not_there_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAM itself would only say that each password is wrong."""
    monkeypatch.setattr(pam, "PAM_FOLDER", tmp_path)
    lab = Lab.model_validate({"login": {"kind": ("pam",)}})
    plan = plan_of("pam", lab, root=Path("/"), environ={})
    assert only(pam.probe(plan)).level == "error"
