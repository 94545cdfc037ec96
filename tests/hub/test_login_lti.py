"""Launches from a learning platform, signed by a real key, into a real hub."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest_asyncio

from crepre_hub.login.launch import CLAIM
from tests.hub.accounts_lab import Browser
from tests.hub.identity_provider import CLIENT, new_key, signed
from tests.hub.login_lab import World, world_in

ISSUER = "https://canvas.example.org"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"

Announced = dict[str, str]


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, ["lti"]) as world:
        yield world


async def announce(world: World, browser: Browser, **changes: str) -> tuple[int, Announced]:
    """The platform announces a launch; returns what the lab asks the platform for."""
    target = f"{world.lab.base}/hub/spawn?course=ml"
    said = {"iss": ISSUER, "login_hint": "7", "target_link_uri": target, "client_id": CLIENT}
    status, _, headers = await browser.post("/hub/login/lti", {**said, **changes})
    asked = parse_qs(urlsplit(headers.get("Location", "")).query)
    return status, {key: values[0] for key, values in asked.items()}


def launch(world: World, asked: Announced, **changes: Any) -> dict[str, Any]:
    """What the platform signs for that; a claim of None is left out."""
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "7-a",
        "nonce": asked.get("nonce"),
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}message_type": "LtiResourceLinkRequest",
        f"{CLAIM}deployment_id": "1",
        f"{CLAIM}target_link_uri": f"{world.lab.base}/hub/spawn?course=ml",
        f"{CLAIM}resource_link": {"id": "r-1"},
        f"{CLAIM}roles": [f"{MEMBER}#Learner"],
        f"{CLAIM}context": {"id": "c-9", "title": "Machine learning"},
        f"{CLAIM}custom": {"username": "ola"},
        **changes,
    }
    return {key: value for key, value in claims.items() if value is not None}


async def post(browser: Browser, token: str, state: str) -> tuple[int, str, str]:
    """The form that the platform's page posts to the lab; status, page and where it leads."""
    form = {"id_token": token, "state": state}
    status, page, headers = await browser.post("/hub/login/lti/callback", form)
    return status, page, headers.get("Location", "")


async def test_a_launch_leads_into_its_course(world: World) -> None:
    """One click in the platform: logged in, on the page that was linked, with course and role."""
    browser = world.lab.browser()
    status, asked = await announce(world, browser)
    assert (status, asked["redirect_uri"]) == (302, f"{world.lab.base}/hub/login/lti/callback")
    assert asked["response_mode"] == "form_post"
    token = signed(launch(world, asked), world.speaker.key)
    assert (await post(browser, token, asked["state"]))[::2] == (302, "/hub/spawn?course=ml")
    assert await world.name_of(browser) == "ola"
    (who,) = world.came
    assert who.lti is not None
    assert (who.lti.context, who.lti.roles) == ("c-9", {"learner"})


async def test_a_launch_that_is_not_right_is_refused(world: World) -> None:
    """
    Forged, unsigned, expired, old, for another tool, deployment or login: nobody gets in.

    CVE-2023-25574: a token whose signature is not looked at lets in whoever writes one.
    """
    now = int(time.time())
    evil = new_key()
    hostile: dict[str, Any] = {
        "signed by another key": (evil, {}),
        "signed by a key of another name": (world.speaker.key, {"kid": "k2"}),
        "expired": (world.speaker.key, {"exp": now - 60}),
        "signed long ago": (world.speaker.key, {"iat": now - 3600}),
        "another issuer": (world.speaker.key, {"iss": "https://evil.example.org"}),
        "another audience": (world.speaker.key, {"aud": "another"}),
        "one of two audiences, made for the other": (
            world.speaker.key,
            {"aud": [CLIENT, "another"], "azp": "another"},
        ),
        "another deployment": (world.speaker.key, {f"{CLAIM}deployment_id": "2"}),
        "another nonce": (world.speaker.key, {"nonce": "0" * 64}),
        "no nonce": (world.speaker.key, {"nonce": None}),
        "another version": (world.speaker.key, {f"{CLAIM}version": "1.1"}),
        "no person": (world.speaker.key, {"sub": None}),
    }
    for what, (key, changes) in hostile.items():
        browser = world.lab.browser()
        _, asked = await announce(world, browser)
        kid = changes.pop("kid", "k1")
        token = signed(launch(world, asked, **changes), key, kid=kid)
        status, page, _ = await post(browser, token, asked["state"])
        assert status == 403, (what, page)
        assert "You could not be logged in" in page, what
        assert await world.name_of(browser) == "", what
    assert not world.came


async def test_an_unsigned_launch_is_refused(world: World) -> None:
    """Neither ``none`` nor a signature made with the public key is one."""
    for forge in ("none", "HS256"):
        browser = world.lab.browser()
        _, asked = await announce(world, browser)
        claims = {"iat": int(time.time()), "exp": int(time.time()) + 60, **launch(world, asked)}
        secret = "" if forge == "none" else "x" * 32
        token = jwt.encode(claims, secret, forge, headers={"kid": "k1"})
        assert (await post(browser, token, asked["state"]))[0] == 403, forge


async def test_a_launch_is_good_for_one_login_in_one_browser(world: World) -> None:
    """Used again, in another browser, without an announcement: refused."""
    browser = world.lab.browser()
    _, asked = await announce(world, browser)
    cookies = {each.key: each.value for each in browser.session.cookie_jar}
    token = signed(launch(world, asked), world.speaker.key)
    assert (await post(world.lab.browser(), token, asked["state"]))[0] == 403
    assert (await post(browser, token, asked["state"]))[0] == 302
    assert (await post(browser, token, asked["state"]))[0] == 403
    thief = world.lab.browser()
    thief.session.cookie_jar.update_cookies(cookies)
    assert (await post(thief, token, asked["state"]))[0] == 403
    assert len(world.came) == 1


async def test_a_platform_that_is_not_ours_is_not_answered(world: World) -> None:
    """Nobody is sent to vouch for themselves on behalf of another issuer or client."""
    for changes in ({"iss": "https://evil.example.org"}, {"client_id": "another"}):
        status, asked = await announce(world, world.lab.browser(), **changes)
        assert (status, asked) == (403, {})


async def test_the_lab_is_where_its_settings_say(world: World) -> None:
    """A forged host in a request does not move the address to which people are sent back."""
    browser = world.lab.browser()
    query = urlencode({"iss": ISSUER, "login_hint": "7", "target_link_uri": "https://x"})
    headers = {"Host": "evil.example.org", "X-Forwarded-Proto": "ftp"}
    status, _, answer = await browser.get(f"/hub/login/lti?{query}", headers=headers)
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert (status, asked["redirect_uri"]) == (302, [f"{world.lab.base}/hub/login/lti/callback"])
    assert asked["client_id"] == [CLIENT]


async def test_cookies_come_back_from_another_site_where_there_is_tls(world: World) -> None:
    """The platform's form is posted from its own site; browsers want such cookies to be secure."""
    world.lab.authenticator.providers["lti"].lab_url = "https://lab.example.org"
    target = {"iss": ISSUER, "login_hint": "7", "target_link_uri": "https://lab.example.org"}
    url = f"{world.lab.base}/hub/login/lti"
    async with world.lab.browser().session.post(url, data=target, allow_redirects=False) as answer:
        cookies = answer.headers.getall("Set-Cookie")
    ours = [cookie for cookie in cookies if cookie.startswith("lti13")]
    assert len(ours) == 2
    assert all("SameSite=None" in each and "Secure" in each for each in ours)


async def test_forged_launches_leave_nothing_behind(world: World) -> None:
    """CVE-2026-34052 (GHSA-8mxq-7xr7-2fxj): only what was signed is remembered."""
    browser = world.lab.browser()
    for number in range(50):
        _, asked = await announce(world, browser)
        token = signed(launch(world, asked, nonce=f"{number:064}"), new_key_once())
        await post(browser, token, asked["state"])
    assert not world.lab.authenticator.providers["lti"].launches._used


_KEYS: list[Any] = []


def new_key_once() -> Any:
    """One key that is not the platform's; making them takes long."""
    if not _KEYS:
        _KEYS.append(new_key())
    return _KEYS[0]
