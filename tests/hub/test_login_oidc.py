"""OpenID Connect against a provider that says what no honest one says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.hub.identity_provider import CLIENT, Speaker
from tests.hub.login_lab import World, world_in

GROUP = "fc:fs:fs:emne:uio.no:INF1000:1"


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, ["oidc"]) as world:
        say(world.speaker)
        yield world


def say(speaker: Speaker, **changes: Any) -> None:
    """An honest provider, but for *changes* in the id token, or in the userinfo (``info_...``)."""
    base = speaker.base
    info = {key[5:]: changes.pop(key) for key in list(changes) if key.startswith("info_")}
    user = {"sub": "u-1", "preferred_username": "ola", "name": "Ola N"}
    speaker.id_claims = {"iss": base, "aud": CLIENT, "sub": "u-1", **changes}
    speaker.answers |= {
        "/.well-known/openid-configuration": {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        },
        "/userinfo": {**user, **info},
        "/groups": [{"id": GROUP, "type": "fc:fs:emne"}, {"no": "id"}, "x"],
    }


async def test_groups_come_from_where_feide_lists_them(world: World) -> None:
    """A list at an address of its own, asked with the person's token."""
    browser, status, page, _ = await world.come("oidc")
    assert status == 302, page
    assert await world.name_of(browser) == "ola"
    (who,) = world.came
    assert who.claims == {f"group:{GROUP}"}


async def test_a_provider_that_is_not_honest_lets_nobody_in(world: World) -> None:
    """Another issuer, audience, time, login or person, in the token or in the userinfo."""
    hostile: list[dict[str, Any]] = [
        {"iss": "https://evil.example.org"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"exp": 1},
        {"nonce": "0" * 64},
        {"nonce": None},
        {"sub": "u-2"},
        {"info_sub": "u-2"},
        {"info_sub": None},
        {"info_preferred_username": "ola\u200b"},
    ]
    for changes in hostile:
        say(world.speaker, **changes)
        browser, status, page, _ = await world.come("oidc")
        assert (status, "You could not be logged in" in page) == (403, True), changes
        assert await world.name_of(browser) == "", changes
    say(world.speaker, info_iss="https://evil.example.org", info_aud="another")
    assert (await world.come("oidc"))[1] == 302  # what a userinfo says about the token is nothing
    assert len(world.came) == 1


async def test_an_answer_that_says_it_is_anothers_is_not_taken(world: World) -> None:
    """RFC 9207: an answer may name its issuer, and then it must be this one."""
    for issuer, expected in (("https://evil.example.org", 403), (world.speaker.base, 302)):
        browser = world.lab.browser()
        back = await world.leave("oidc", browser)
        assert (await browser.get(f"{back}&iss={issuer}"))[0] == expected


async def test_another_issuers_document_is_not_used(tmp_path: Path) -> None:
    """The page says that the provider does not answer; nobody is sent anywhere."""
    async with world_in(tmp_path, ["oidc"], {"oidc": {"groups_url": ""}}) as world:
        say(world.speaker)
        document = world.speaker.answers["/.well-known/openid-configuration"]
        for wrong in ({"issuer": f"{world.speaker.base}/"}, {"token_endpoint": "http://x.org/t"}):
            world.speaker.answers["/.well-known/openid-configuration"] = {**document, **wrong}
            status, page, _ = await world.lab.browser().get("/hub/login/oidc")
            assert (status, "does not answer just now" in page) == (503, True)
        world.speaker.answers["/.well-known/openid-configuration"] = document
        assert (await world.come("oidc"))[1] == 302
