"""Each provider's library, driven against a server that speaks that provider's endpoints."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from jupyterhub import orm

from crepre_hub.courses.identity import Identity
from crepre_hub.errors import AccountError, StoreUnreachable
from crepre_hub.login.people import add_account, disable_account, reset_account
from tests.hub.identity_provider import CLIENT, Speaker, new_key, signed
from tests.hub.login_lab import TENANT, UIO, World, world_in

KINDS = ("github", "gitlab", "google", "azure", "cilogon")
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"

Say = Callable[..., None]


def say_github(speaker: Speaker, *, id: int = 42, login: str = "ola", **more: Any) -> None:
    api = "/github/api/v3"
    speaker.answers |= {
        f"{api}/user": {"id": id, "login": login, "email": None, "name": "Ola N", **more},
        f"{api}/user/emails": [{"email": "ola@uio.no", "primary": True, "verified": True}],
        f"{api}/user/teams": [{"slug": "ml", "organization": {"login": "uio"}}],
        f"{api}/orgs/uio/members/{login}": "",
    }


def say_gitlab(speaker: Speaker, *, id: int = 42, login: str = "ola", **more: Any) -> None:
    speaker.answers |= {
        "/gitlab/api/v4/user": {"id": id, "username": login, "state": "active", **more},
        "/gitlab/api/v4/groups": [{"full_path": "uio/ml"}],
    }


def say_google(speaker: Speaker, *, id: int = 42, login: str = "ola", **more: Any) -> None:
    user = {"id": str(id), "email": f"{login}@uio.no", "verified_email": True, "hd": "uio.no"}
    speaker.answers["/oauth2/v1/userinfo"] = {**user, **more}


def say_azure(speaker: Speaker, *, id: int = 42, login: str = "ola", **more: Any) -> None:
    key = more.pop("key", speaker.key)
    claims = {"iss": ISSUER, "aud": CLIENT, "tid": TENANT, "sub": "s", "oid": str(id)}
    speaker.id_token = signed({**claims, "preferred_username": login, **more}, key)


def say_cilogon(speaker: Speaker, *, id: int = 42, login: str = "ola", **more: Any) -> None:
    user = {"sub": f"http://cilogon.org/users/{id}", "idp": UIO, "eppn": f"{login}@uio.no"}
    speaker.answers["/userinfo"] = {**user, **more}


SAY: dict[str, Say] = {
    "github": say_github,
    "gitlab": say_gitlab,
    "google": say_google,
    "azure": say_azure,
    "cilogon": say_cilogon,
}


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """All five at once, and the lab's own accounts."""
    async with world_in(tmp_path, [*KINDS, "accounts"]) as world:
        yield world


def expected_name(kind: str, login: str = "ola") -> str:
    """The first way in gives names as they are; each other one puts its word before them."""
    return login if kind == KINDS[0] else f"{kind}-{login}"


async def test_each_provider_lets_its_people_in_under_a_name_of_their_own(world: World) -> None:
    """Five people called ola at five providers are five people here, and none is a sixth one."""
    for kind in KINDS:
        world.speaker.id_token = ""
        SAY[kind](world.speaker)
        browser, status, page, there = await world.come(kind, then="/hub/home")
        assert (status, there) == (302, "/hub/home"), (kind, page)
        assert await world.name_of(browser) == expected_name(kind), kind
        assert world.speaker.ask["code_challenge_method"] == "S256"
    assert [who.provider for who in world.came] == list(KINDS)
    assert len({who.name for who in world.came}) == len(KINDS)
    github = world.came[0]
    assert (github.email, github.claims) == ("ola@uio.no", {"team:uio/ml", "organization:uio"})


async def test_who_is_renamed_at_the_provider_keeps_name_and_account(world: World) -> None:
    """The provider's id counts; whoever takes the old name there is turned away here."""
    for kind in KINDS:
        SAY[kind](world.speaker)
        await world.come(kind)
        SAY[kind](world.speaker, login="ola2")
        browser, *_ = await world.come(kind)
        assert await world.name_of(browser) == expected_name(kind), kind
        SAY[kind](world.speaker, id=43)
        thief, status, page, _ = await world.come(kind)
        assert (status, "belongs to somebody else" in page) == (403, True), kind
        assert await world.name_of(thief) == "", kind


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("github", {"login": "ola/../boss"}),
    ("github", {"id": None}),
    ("gitlab", {"state": "blocked"}),
    ("gitlab", {"login": "ｏｌａ"}),
    ("google", {"verified_email": False}),
    ("google", {"hd": "evil.org"}),
    ("google", {"hd": None}),
    ("azure", {"iss": "https://sts.windows.net/evil/"}),
    ("azure", {"aud": "another"}),
    ("azure", {"tid": "another"}),
    ("azure", {"exp": 1}),
    ("azure", {"key": new_key()}),
    ("cilogon", {"idp": "http://google.com/accounts/o8/id"}),
    ("cilogon", {"idp": None}),
]


async def test_hostile_claims_let_nobody_in(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """
    Wrong issuer, audience, time, signature, domain, university or name: a page and a log line.

    GHSA-55m3-44xf-hg4h, CVE-2022-31027 (GHSA-r7v4-jwx9-wx43), CVE-2026-33175
    (GHSA-rrvg-cxh4-qhrv): what the library lets through is judged once more.
    """
    for kind, hostile in HOSTILE:
        SAY[kind](world.speaker, **hostile)
        with caplog.at_level(logging.WARNING, "crepre.login"):
            browser, status, page, _ = await world.come(kind)
        assert status in (403, 500), (kind, hostile)
        assert await world.name_of(browser) == "", (kind, hostile)
        code = re.search(r"\(Code ([2-9A-Z]{6})\)", page)
        assert code, page
        assert "You could not be logged in" in page
        assert "Traceback" not in page
        assert any(code[1] in record.getMessage() for record in caplog.records)
    assert not world.came


async def test_only_members_come_in_where_the_settings_name_them(tmp_path: Path) -> None:
    """GHSA-384w-5v3f-q499, CVE-2018-7206: the list of those allowed is not passed over."""
    sections = {"github": {"organizations": ("ntnu",)}, "gitlab": {"groups": ("uio",)}}
    async with world_in(tmp_path, ["github", "gitlab"], sections) as world:
        for kind in ("github", "gitlab"):
            SAY[kind](world.speaker)
            browser, status, _, _ = await world.come(kind)
            assert (status, await world.name_of(browser)) == (403, ""), kind


async def test_a_name_of_a_local_account_is_nobody_elses(world: World) -> None:
    """A provider's ola is not the lab's own ola, and the other way round."""
    add_account(world.lab.store, "ola")
    say_github(world.speaker)
    _, status, page, _ = await world.come("github")
    assert (status, "belongs to somebody else" in page) == (403, True)
    say_github(world.speaker, login="kari")
    await world.come("github")
    with pytest.raises(AccountError, match="already"):
        add_account(world.lab.store, "kari")
    assert await world.lab.browser().log_in("kari", "") == 403


async def test_nobody_takes_the_name_that_somebody_elsewhere_would_have(tmp_path: Path) -> None:
    """Neither by signing up nor at another provider; so nobody can keep the owner out."""
    async with world_in(tmp_path, ["github", "gitlab", "accounts"], sign_up=True) as world:
        say_github(world.speaker, login="gitlab-ola")
        assert (await world.come("github"))[1] == 403
        status, _, _ = await world.lab.browser().submit(
            "/hub/signup",
            username="gitlab-ola",
            password="seven cellos waltzing",
            password_again="seven cellos waltzing",
        )
        assert status == 409
        say_gitlab(world.speaker)
        browser, *_ = await world.come("gitlab")
        assert await world.name_of(browser) == "gitlab-ola"


async def test_nobody_is_in_half(tmp_path: Path) -> None:
    """While the courses cannot be told of a login, there is none."""

    def trouble(identity: Identity) -> None:
        raise StoreUnreachable("The lab's database does not answer.", remedy="Wait a minute.")

    async with world_in(tmp_path, ["github", "accounts"], on_login=trouble) as world:
        say_github(world.speaker)
        browser, status, _, _ = await world.come("github")
        assert (status, await world.name_of(browser)) == (503, "")
        assert (await world.lab.browser().open_link(add_account(world.lab.store, "kari")))[0] == 503


async def test_a_link_gives_no_password_to_whoever_comes_from_a_provider(world: World) -> None:
    """Otherwise a name would have two owners: the provider's and whoever holds the link."""
    say_github(world.speaker)
    await world.come("github")
    with pytest.raises(AccountError, match="logs in with github"):
        reset_account(world.lab.store, "ola")
    browser, *_ = await world.come("github")
    status, page, _ = await browser.get("/hub/password")
    assert (status, "A password is changed there" in page) == (403, True)


async def test_a_user_of_the_hub_of_whom_nothing_is_known_is_not_given_away(world: World) -> None:
    """A name that is in the hub's table without an account may have a home behind it."""
    world.lab.app.db.add(orm.User(name="ola"))
    world.lab.app.db.commit()
    say_github(world.speaker)
    _, status, page, _ = await world.come("github")
    assert (status, "belongs to somebody else" in page) == (403, True)


async def test_a_closed_account_is_out_whoever_vouches_for_it(world: World) -> None:
    """Sessions end within the refresh age, and the provider opens the door no more."""
    say_github(world.speaker)
    browser, *_ = await world.come("github")
    disable_account(world.lab.store, "ola")
    async with asyncio.timeout(10):
        while await world.name_of(browser):
            await asyncio.sleep(0.1)
    _, status, page, _ = await world.come("github")
    assert (status, "This account is closed" in page) == (403, True)


async def test_whose_way_in_is_gone_is_out(tmp_path: Path) -> None:
    """A way that was taken out of lab.toml opens nothing, old sessions included."""
    async with world_in(tmp_path, ["github"]) as world:
        say_github(world.speaker)
        browser, *_ = await world.come("github")
        assert await world.name_of(browser) == "ola"
        world.lab.authenticator.providers.pop("github")
        async with asyncio.timeout(10):
            while await world.name_of(browser):
                await asyncio.sleep(0.1)


async def test_an_answer_for_another_login_is_not_taken(world: World) -> None:
    """No cookie, another window's state, another provider's answer, a code used twice."""
    say_github(world.speaker)
    browser = world.lab.browser()
    back = await world.leave("github", browser)
    status, page, _ = await world.lab.browser().get(back)
    assert (status, "begun in another window" in page) == (403, True)
    assert (await browser.get(back.replace("/github/", "/gitlab/")))[0] == 403
    assert (await browser.get(re.sub("state=[^&]*", "state=e30=", back)))[0] == 403
    back = await world.leave("github", browser)
    assert (await browser.get(back))[0] == 302
    assert (await browser.get(back))[0] == 403


async def test_a_providers_words_reach_no_page(world: World) -> None:
    """Anybody can make a link with an error in it."""
    for query in (
        "error=access_denied&error_description=Send your password to evil.org.",
        "error=<script>alert(1)</script>",
    ):
        status, page, _ = await world.lab.browser().get(f"/hub/login/github/callback?{query}")
        assert status == 403
        assert "GitHub did not let you in" in page
        assert "evil" not in page
        assert "<script>alert" not in page


async def test_no_link_leads_out_of_the_lab(world: World) -> None:
    """CVE-2026-33709 (GHSA-3vff-hjqv-m7h8), CVE-2019-10255."""
    say_github(world.speaker)
    for then in ("https://evil.org/", "//evil.org", "/\\evil.org", "\\\\evil.org", "javascript:1"):
        _, status, _, there = await world.come("github", then=quote(then, safe=""))
        assert status == 302
        assert re.match(r"/(?![/\\])", there), (then, there)


async def test_a_silent_provider_is_told_from_a_refusal(world: World) -> None:
    """Nothing is said about who somebody is while the provider does not answer."""
    browser = world.lab.browser()
    back = await world.leave("github", browser)
    status, page, _ = await browser.get(back)  # it has no answers yet: 404
    assert (status, "does not answer just now" in page) == (503, True)


async def test_while_the_database_is_away_nobody_new_comes_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page says when to come back."""

    def silent(*_: object) -> None:
        raise StoreUnreachable("The lab's database does not answer.", remedy="Wait a minute.")

    say_github(world.speaker)
    monkeypatch.setattr(world.lab.authenticator.identities, "account_of_or_none", silent)
    _, status, page, _ = await world.come("github")
    assert (status, "does not answer" in page) == (503, True)


async def test_whoever_logs_out_cannot_go_on_with_a_copy_of_the_cookie(world: World) -> None:
    """CVE-2021-41247 (GHSA-cw7p-q79f-m2v7): two tabs, one logs out, the other's cookie is dead."""
    say_github(world.speaker)
    browser, *_ = await world.come("github")
    copies = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
    assert (await browser.get("/hub/logout"))[0] == 302
    thief = world.lab.browser()
    thief.session.cookie_jar.update_cookies(copies)
    assert await world.name_of(thief) == ""


async def test_a_lab_without_passwords_takes_none(tmp_path: Path) -> None:
    """Neither the form, nor signing up, nor a one-time link opens anything."""
    async with world_in(tmp_path, ["github"]) as world:
        browser = world.lab.browser()
        await browser.get("/hub/login")
        link = add_account(world.lab.store, "kari")
        for path in ("login", "signup", "welcome", "password"):
            status, _, _ = await browser.post(
                f"/hub/{path}", {"username": "kari", "code": link.code.reveal()}
            )
            assert status in (403, 404), path
        assert await world.name_of(browser) == ""


def test_identities_are_neutral() -> None:
    """What reaches the courses names no library's class."""
    assert set(Identity.__slots__) == {
        "provider",
        "issuer",
        "subject",
        "name",
        "email",
        "display_name",
        "claims",
        "lti",
    }
