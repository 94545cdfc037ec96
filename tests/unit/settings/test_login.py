"""The login part of ``lab.toml``: what is missing, what does not go together, where secrets are."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.errors import SettingsError
from crepre_hub.login.way import kind_named
from crepre_hub.login.ways import plan_of, ways_of
from crepre_hub.secret import Secret
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.login import KINDS, is_safe_url
from crepre_hub.settings.reader import SettingsProblems, read_lab, read_settings
from crepre_hub.settings.secrets import secret_of

OIDC = '[login]\nkind = "oidc"\n[login.oidc]\nissuer = "https://idp.org"\nclient_id = "x"\n'

ALL = (
    '[login]\nkind = ["accounts", "oidc", "github", "gitlab", "google", "azure", "cilogon", "lti",'
    ' "ldap", "pam"]\n'
    '[login.oidc]\nissuer = "https://idp.org"\nclient_id = "x"\n'
    '[login.github]\nclient_id = "x"\n[login.gitlab]\nclient_id = "x"\n'
    '[login.google]\nclient_id = "x"\ndomains = ["uio.no"]\n'
    '[login.azure]\nclient_id = "x"\ntenant = "1b5e2c4d-aaaa-bbbb-cccc-0123456789ab"\n'
    '[login.cilogon]\nclient_id = "x"\nuniversities = ["https://idp.uio.no"]\n'
    '[login.lti]\nissuer = "https://c.org"\nclient_ids = ["1"]\ndeployments = ["*"]\n'
    'authorize_url = "https://c.org/a"\nkeys_url = "https://c.org/k"\n'
    '[login.ldap]\nserver = "ldap.uio.no"\npeople = ["uid={username},dc=uio"]\n'
)


def lab_in(folder: Path, text: str) -> Lab:
    """What *text* says as a ``lab.toml``."""
    (folder / "lab.toml").write_text(text)
    return read_lab(folder / "lab.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("accounts",)),
        ('[login]\nkind = "accounts"\n', ("accounts",)),
        ('[login]\nkind = ["accounts"]\n', ("accounts",)),
        (OIDC, ("oidc",)),
        (ALL, ("accounts", *(k for k in ALL.split('"') if k in KINDS and k != "accounts"))),
    ],
)
def test_one_word_or_several(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    """A file from before there were several goes on as it was."""
    assert lab_in(tmp_path, text).login.kind == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[login]\nkind = "oidk"\n', "'oidk' is not one of"),
        ("[login]\nkind = []\n", "name at least one way"),
        ('[login]\nkind = ["pam", "pam"]\n', "stands here twice"),
        ('[login]\nkind = "oidc"\n', "login/oidc/issuer: is missing; kind = 'oidc' needs it"),
        ('[login]\nkind = "github"\n', "login/github/client_id: is missing"),
        ('[login]\nkind = "google"\n', "login/google/domains: is missing"),
        ('[login]\nkind = "lti"\n', "login/lti/deployments: is missing"),
        ('[login]\nkind = "ldap"\n', "login/ldap/people: is missing; say where people are"),
        ('[login]\nkind = "pam"\nsign_up = true\n', "only works with kind = 'accounts'"),
        (OIDC + 'scopes = ["profile"]\n', "'openid' is missing among them"),
        (OIDC + 'client_secret = "hunter2"\n', "a secret must not stand in lab.toml"),
        (OIDC + 'client_secret_fil = "x"\n', "did you mean 'client_secret_file'?"),
        (OIDC.replace("https:", "http:"), "is not an https address"),
        ('[login.ldap]\nsearch_password = "hunter2"\n', "a secret must not stand in lab.toml"),
        ('[login.azure]\ntenant = "common"\n', "does not have the right form"),
        ('[login.github]\nprefix = "G"\n', "does not have the right form"),
        (
            (
                '[login]\nkind = ["github", "pam"]\n[login.github]\nclient_id = "x"\nprefix = ""\n'
                '[login.pam]\nprefix = ""\n'
            ),
            "two ways in give names alike",
        ),
    ],
)
def test_a_mistake_says_where_and_what(tmp_path: Path, text: str, problem: str) -> None:
    """
    What is missing, unknown, unsafe or in the wrong place is found before anybody logs in.

    GHSA-384w-5v3f-q499: a setting whose name is not the right one is an error, never nothing.
    """
    with pytest.raises(SettingsProblems) as error:
        lab_in(tmp_path, text)
    assert problem in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://idp.org", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://idp.org", False),
        ("http://127.0.0.1.evil.org", False),
        ("http://localhost@evil.org", False),
        ("ftp://idp.org", False),
        ("https://", False),
        ("idp.org", False),
    ],
)
def test_only_this_machine_is_asked_without_tls(url: str, safe: bool) -> None:
    """Whoever can change an answer on the way can be anybody."""
    assert is_safe_url(url) is safe


def test_each_kind_makes_its_way_and_connects_to_nothing(tmp_path: Path) -> None:
    """File name, entry point and word are the same, and each library takes what it is told."""
    lab = lab_in(tmp_path, ALL)
    ways = ways_of(lab, root=tmp_path, environ={})
    assert {way.word for way in ways} == set(KINDS) - {"accounts"}
    for way in ways:
        assert kind_named(way.word).__name__ == f"crepre_hub.login.kinds.{way.word}"
        assert set(way.traits) <= {*way.authenticator.class_trait_names()}, way.word
        way.authenticator(**way.traits)
        assert way.naming.prefix == f"{way.word}-"  # accounts come first


def test_the_first_way_in_has_names_as_they_are(tmp_path: Path) -> None:
    """And each other one its word before them, unless the admin says otherwise."""
    text = ALL.replace('"accounts", ', "").replace(
        "[login.gitlab]\n", '[login.gitlab]\nprefix = "gl-"\n'
    )
    login = lab_in(tmp_path, text).login
    found = {kind: login.prefix_of(kind) for kind in ("oidc", "github", "gitlab")}
    assert found == {"oidc": "", "github": "github-", "gitlab": "gl-"}


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    """One line, without what editors put at the end."""
    file = tmp_path / "s"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    login = lab_in(tmp_path, OIDC + 'client_secret_file = "s"\n').login
    assert secret_of("oidc", login, root=tmp_path, environ={}) == Secret("hunter2")


def test_a_secret_is_read_from_the_environment(tmp_path: Path) -> None:
    """Where no file is named."""
    login = lab_in(tmp_path, OIDC).login
    environ = {"CREPRE_LOGIN_OIDC_SECRET": "hunter2"}
    assert secret_of("oidc", login, root=tmp_path, environ=environ) == Secret("hunter2")


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0, "cannot be read: No such file"),
        (b"hunter2", 0o644, "Others on this machine can read"),
        (b"hunter2", 0o620, "Others on this machine can read or change"),
        (b"", 0o600, "holds no secret"),
        (b"hunter2\nhunter3", 0o600, "holds no secret"),
        (b"\xff\xfe", 0o600, "holds no secret"),
        (b"x" * 5000, 0o600, "holds no secret"),
    ],
)
def test_a_secret_that_cannot_be_used_is_found_by_check(
    tmp_path: Path, content: bytes | None, mode: int, said: str
) -> None:
    """Missing, empty, or there for everybody to read: with the command that mends it."""
    file = tmp_path / "s"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    login = lab_in(tmp_path, OIDC + 'client_secret_file = "s"\n').login
    with pytest.raises(SettingsError) as error:
        secret_of("oidc", login, root=tmp_path, environ={})
    assert said in error.value.message
    assert error.value.remedy
    with pytest.raises(SettingsProblems) as problems:
        read_settings(tmp_path, images=[])
    assert f"login/oidc/client_secret_file: {error.value.message}" in str(problems.value)
    assert "hunter" not in str(problems.value)


def test_no_secret_at_all_is_found_by_check(tmp_path: Path) -> None:
    """With both places where it may be."""
    lab_in(tmp_path, OIDC)
    with pytest.raises(SettingsProblems, match="CREPRE_LOGIN_OIDC_SECRET"):
        read_settings(tmp_path, images=[])


def test_a_hub_that_restarts_without_its_secret_still_comes_up(tmp_path: Path) -> None:
    """Nobody gets in by that way; whoever is in, and every other way, go on."""
    lab = lab_in(tmp_path, OIDC)
    assert plan_of("oidc", lab, root=tmp_path, environ={}).secret() == ""


@pytest.mark.parametrize(
    ("kind", "rule", "problem"),
    [
        ('["oidc", "gitlab"]', 'claim = "group:ml", role = "teacher"', True),
        ('["ldap", "gitlab"]', 'claim = "group:ml"', True),
        ('["oidc", "gitlab"]', 'claim = "group:ml", issuer = "https://idp.example"', False),
        ('["oidc", "gitlab"]', 'claim = "affiliation:student@uio.no"', False),
        ('["oidc", "github"]', 'claim = "group:ml"', False),
        ('["gitlab", "accounts"]', 'claim = "group:ml"', False),
    ],
)
def test_a_group_that_anybody_can_make_elsewhere_opens_no_course(
    tmp_path: Path, kind: str, rule: str, *, problem: bool
) -> None:
    """Whoever makes a group ``ml`` at GitLab is not in the university's; the rule has to say so."""
    (tmp_path / "lab.toml").write_text(
        f'[login]\nkind = {kind}\n[login.oidc]\nissuer = "https://idp.example"\nclient_id = "x"\n'
        '[login.gitlab]\nclient_id = "x"\n[login.github]\nclient_id = "x"\n'
        '[login.ldap]\nserver = "x"\npeople = ["uid={username}"]\n'
    )
    (tmp_path / "courses").mkdir()
    course = f'title = "ML"\nrules = [{{{rule}}}]\n[profiles.small]\ntitle = "S"\nimage = "x:1"\n'
    (tmp_path / "courses" / "ml.toml").write_text(course)
    with pytest.raises(SettingsProblems) as found:
        read_settings(tmp_path, images=[])  # no secret is there, in any of these labs
    told = [str(each) for each in found.value.problems if "rules/0/issuer" in str(each)]
    text = "is missing: say whose group it is, since anybody can make one at GitLab"
    assert told == ([f"courses/ml.toml: rules/0/issuer: {text}"] if problem else [])
