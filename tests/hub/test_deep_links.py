"""A link to a course is made from within a learning platform, and followed by a student."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest_asyncio

from crepre_hub.login.deep_link import CLAIM, LINKING
from crepre_hub.login.kinds import lti
from crepre_hub.login.lab import LabAuthenticator
from crepre_hub.login.ways import plan_of
from crepre_hub.settings.lab import Lab as LabSettings
from tests.hub.accounts_lab import free_port
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.identity_provider import CLIENT, Speaker, signed, speaking
from tests.hub.login_lab import sections_for
from tests.hub.test_login_lti import ISSUER

RETURN_URL = "https://canvas.example.org/courses/9/deep_linking_response"


@dataclass
class Here:
    """The lab, and the platform with its key."""

    lab: CourseLab
    speaker: Speaker


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    write_course(tmp_path, "music", teachers=["tea"], students=["stu"])
    write_course(tmp_path, "art", teachers=["tim"])
    port = free_port()
    async with speaking(free_port()) as speaker:
        settings = LabSettings.model_validate(
            {
                "lab": {"url": f"http://127.0.0.1:{port}"},
                "login": {"kind": ("lti",), **sections_for(speaker, {})},
            }
        )
        way = lti.way(plan_of("lti", settings, root=tmp_path, environ={}))
        async with course_lab_in(
            tmp_path,
            port=port,
            authenticator_class="crepre-lab",
            passwords=False,
            ways_in=lambda: (way,),
        ) as lab:
            assert isinstance(lab.authenticator, LabAuthenticator)
            yield Here(lab, speaker)


async def launch(
    here: Here, browser: CourseBrowser, who: str, target: str = "", **changes: Any
) -> tuple[int, str, str]:
    """Sent by the platform, as *who*; status, page and where it leads."""
    target = target or f"{here.lab.base}/hub/home"
    query = urlencode({"iss": ISSUER, "login_hint": "7", "target_link_uri": target})
    _, _, headers = await browser.get(f"/hub/login/lti?{query}")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(headers["Location"]).query).items()}
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": f"id-{who}",
        "nonce": asked["nonce"],
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}message_type": "LtiResourceLinkRequest",
        f"{CLAIM}deployment_id": "1",
        f"{CLAIM}target_link_uri": target,
        f"{CLAIM}resource_link": {"id": "r-1"},
        f"{CLAIM}roles": [],
        f"{CLAIM}custom": {"username": who},
        **changes,
    }
    form = {"id_token": signed(claims, here.speaker.key), "state": asked["state"]}
    status, page, headers = await browser.post("/hub/login/lti/callback", form)
    return status, page, headers.get("Location", "")


async def wish(
    here: Here, browser: CourseBrowser, who: str, **settings: Any
) -> tuple[int, str, str]:
    """A teacher clicks on "add content" and on the lab."""
    usual = {
        "deep_link_return_url": RETURN_URL,
        "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["window"],
        "data": "an opaque value",
    }
    changes = {
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}resource_link": None,
        f"{LINKING}deep_linking_settings": {**usual, **settings},
    }
    return await launch(here, browser, who, **changes)


async def choose(
    here: Here, browser: CourseBrowser, place: str, course: str
) -> tuple[int, str, dict[str, Any]]:
    """Choose a course; status, page and the claims of the answer as a platform reads them."""
    status, page, _ = await browser.submit(place, course=course)
    if status != 200:
        return status, page, {}
    assert f'action="{RETURN_URL}"' in page
    token = page.partition('name="JWT" value="')[2].partition('"')[0]
    _, keys, _ = await browser.get("/hub/login/lti/keys")
    key = jwt.PyJWKSet.from_json(keys)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, ["RS256"], audience=ISSUER, issuer=CLIENT)
    return status, page, claims


async def test_a_teacher_links_to_a_course_and_a_student_follows(here: Here) -> None:
    """The answer is signed with the published key, and its address starts that course's server."""
    tea = here.lab.browser()
    status, _, place = await wish(here, tea, "tea")
    assert (status, place.startswith("/hub/login/lti/link/")) == (302, True)
    here.lab.look()
    _, page, _ = await tea.get(place)
    assert ('value="music"' in page, 'value="art"' in page) == (True, False)
    status, _, claims = await choose(here, tea, place, "music")
    assert status == 200
    assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
    assert claims[f"{CLAIM}version"] == "1.3.0"
    assert claims[f"{CLAIM}deployment_id"] == "1"
    assert claims[f"{LINKING}data"] == "an opaque value"
    (item,) = claims[f"{LINKING}content_items"]
    assert (item["type"], item["title"]) == ("ltiResourceLink", "Music")
    stu = here.lab.browser()
    status, _, place = await launch(here, stu, "stu", item["url"])
    assert status == 302
    here.lab.look()
    status, _, headers = await stu.get(place)
    assert (status, "spawn-pending/stu" in headers["Location"]) == (302, True)
    await here.lab.until_running("stu")
    assert here.lab.app.users["stu"].spawner.course == "music"


async def test_a_wish_is_answered_once_by_whoever_it_was_for(here: Here) -> None:
    """Nobody else's, not twice, and to no course that the teacher does not teach."""
    tea, tim = here.lab.browser(), here.lab.browser()
    _, _, place = await wish(here, tea, "tea")
    await launch(here, tim, "tim")
    here.lab.look()
    token = await tim.token_of("/hub/home")
    for call in (tim.get(place), tim.post(place, {"_xsrf": token, "course": ""})):
        assert (await call)[0] == 404
    assert (await choose(here, tea, place, "art"))[0] == 403
    assert (await choose(here, tea, place, "nowhere"))[0] == 403
    status, _, claims = await choose(here, tea, place, "")
    assert (status, claims[f"{LINKING}content_items"][0]["url"]) == (
        200,
        f"{here.lab.base}/hub/spawn",
    )
    assert (await tea.get(place))[0] == 404
    assert (await here.lab.browser().get(place))[0] == 302  # to the login


async def test_a_wish_that_cannot_be_answered_is_refused(here: Here) -> None:
    """No link wanted, or an answer that would go to a script: said at once."""
    hostile: list[dict[str, Any]] = [
        {"accept_types": ["file"]},
        {"accept_types": None},
        {"deep_link_return_url": "javascript:alert(1)"},
        {"deep_link_return_url": None},
    ]
    for settings in hostile:
        status, page, _ = await wish(here, here.lab.browser(), "tea", **settings)
        assert (status, "takes no link from the lab" in page) == (403, True), settings


async def test_the_key_is_the_labs_own_and_stays(here: Here) -> None:
    """Only its public half is told, to everybody; the file is its owner's alone."""
    browser = here.lab.browser()
    _, keys, _ = await browser.get("/hub/login/lti/keys")
    (key,) = jwt.PyJWKSet.from_json(keys).keys
    assert '"d"' not in keys
    file = here.lab.wiring.settings.root / "var" / "secrets" / "lti.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    provider = here.lab.authenticator.providers["lti"]
    again = type(provider.key)(file)
    assert again.public["kid"] == key.key_id
