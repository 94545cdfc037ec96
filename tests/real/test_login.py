"""Log in with a certified OpenID Connect provider, and from a platform, in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor, code_in
from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.labs.oidc import Provider, running_provider, write_secret
from tests.labs.platform import Platform, running_platform

PLATFORM = 7
"""The learning platform's port is so much above the lab's."""


@pytest.fixture(scope="module")
def university(
    make_lab: LabMaker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Provider]]:
    """A lab whose students log in with their university, and guests with accounts."""
    lab = make_lab("local")
    platform_at = f"http://localhost:{lab.port + PLATFORM}"
    with running_provider(tmp_path_factory.mktemp("provider"), lab.url) as provider:
        lab.more_settings = {
            "login": 'kind = ["oidc", "accounts", "lti", "pam"]\n',
            "login.lti": f'label = "Canvas"\nissuer = "{platform_at}"\nclient_ids = ["tool"]\n'
            f'deployments = ["1"]\nauthorize_url = "{platform_at}/authorize"\n'
            f'keys_url = "{platform_at}/keys"\n',
            "login.oidc": f'label = "Feide"\nissuer = "{provider.issuer}"\nclient_id = "lab"\n'
            f'client_secret_file = "{write_secret(lab.root)}"\n'
            'scopes = ["openid", "profile", "email", "groups"]\n',
        }
        lab.write()
        lab.up()
        yield lab, provider


async def sign_in(visitor: Visitor, login: str) -> None:
    """Go to the provider with the button, log in there, consent, and come back."""
    page = visitor.page
    await page.get_by_role("link", name="Log in with Feide").click()
    await page.locator("input[name=login]").fill(login)
    await page.locator("input[name=password]").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url(re.compile(re.escape(visitor.lab.url)))


async def arrive(browser: Browser, lab: Lab, login: str) -> Visitor:
    """Somebody with an empty window who logs in at the provider as *login*."""
    visitor = await Visitor.arrive(browser, lab, login)
    await visitor.go("/")
    await sign_in(visitor, login)
    return visitor


async def is_in_as(visitor: Visitor, name: str) -> None:
    """The start page is there, and shows the name."""
    await expect(visitor.page.locator(".crepre-card").first).to_be_visible()
    await expect(visitor.page.get_by_text(name, exact=True)).to_be_visible()


async def is_told(visitor: Visitor, sentence: str) -> str:
    """A page in words; returns its code, which is in the log."""
    alert = visitor.page.get_by_role("alert")
    await expect(alert).to_contain_text(sentence)
    code = code_in(await alert.inner_text())
    await visitor.lab.until_logged(code)
    return code


async def test_a_student_logs_in_with_the_university(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """One button leads to the provider and back to the start page, and out at both again."""
    lab, provider = university
    provider.has("u-1", preferred_username="ola", name="Ola Nordmann")
    ola = await Visitor.arrive(browser, lab, "ola")
    await ola.go("/")
    await looks_right(ola.page)
    await sign_in(ola, "u-1")
    await is_in_as(ola, "ola")
    await ola.page.get_by_role("link", name="Log out").click()
    await ola.page.wait_for_url(f"{provider.issuer}/session/end**")
    await ola.page.get_by_role("button", name="Yes, sign me out").click()
    await ola.page.wait_for_url(f"{lab.url}/hub/login**")
    assert await ola.go("/hub/home") == 200
    await expect(ola.page.get_by_role("link", name="Log in with Feide")).to_be_visible()


async def test_a_name_belongs_to_one_person(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """Whoever is renamed keeps the account; the next one of that name, and a guest's, do not."""
    lab, provider = university
    provider.has("u-2", preferred_username="kari")
    await is_in_as(await arrive(browser, lab, "u-2"), "kari")
    provider.has("u-2", preferred_username="kari.nordmann")
    await is_in_as(await arrive(browser, lab, "u-2"), "kari")
    provider.has("u-3", preferred_username="Kari")
    await is_told(await arrive(browser, lab, "u-3"), "belongs to somebody else")
    assert "There is already an account" in lab.crepre("user", "add", "kari", ok=False)
    lab.link_for("guest-1")
    provider.has("u-4", preferred_username="guest-1")
    await is_told(await arrive(browser, lab, "u-4"), "belongs to somebody else")


async def test_a_name_that_cannot_be_used_is_told(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """A letter that looks like another one: a sentence and a code, on a page for every device."""
    lab, provider = university
    provider.has("u-5", preferred_username="ol\u0430")
    visitor = await arrive(browser, lab, "u-5")
    await is_told(visitor, "cannot be used here")
    await looks_right(visitor.page)


async def test_a_guest_logs_in_beside_the_university(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """An account of the lab's own works as ever, and is out after logging out."""
    lab, _ = university
    nobody = await Visitor.arrive(browser, lab, "nobody")
    await nobody.go("/hub/login")
    await nobody.page.get_by_role("link", name="Log in with an account of this machine").click()
    await nobody.log_in()
    await expect(nobody.page.get_by_role("alert")).to_contain_text("is not right")
    await looks_right(nobody.page)
    guest = await (await Visitor.arrive(browser, lab, "guest-2")).join()
    await is_in_as(guest, "guest-2")
    await guest.page.get_by_role("link", name="Log out").click()
    await expect(guest.page.get_by_role("link", name="Log in with Feide")).to_be_visible()
    await guest.log_in()
    await is_in_as(guest, "guest-2")


async def test_an_account_moves_to_the_university_with_its_home(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """The log of the refusal says what to type; the same account is there afterwards."""
    lab, provider = university
    await (await Visitor.arrive(browser, lab, "ada")).join()
    provider.has("u-8", preferred_username="ada")
    code = await is_told(await arrive(browser, lab, "u-8"), "belongs to somebody else")
    line = next(line for line in lab.hub_log.splitlines() if code in line)
    assert provider.issuer in line
    assert "u-8" in line
    words = ("--kind", "oidc", "--issuer", provider.issuer, "--subject", "u-8")
    lab.crepre("user", "hand-over", "ada", *words)
    await is_in_as(await arrive(browser, lab, "u-8"), "ada")
    assert "logs in with oidc" in lab.crepre("user", "reset", "ada", ok=False)


async def test_a_launch_from_a_platform_at_another_site(
    browser: Browser, university: tuple[Lab, Provider]
) -> None:
    """One click in a course there: logged in here, on the page that was linked."""
    lab, _ = university
    liv = await Visitor.arrive(browser, lab, "lti-liv")
    async with running_platform(Platform(lab.port + PLATFORM, lab.url, "liv")) as platform:
        await liv.go("/hub/login")
        await expect(liv.page.get_by_text("Open the lab from your course there")).to_be_visible()
        await liv.page.goto(f"{platform.issuer}/course")
        await liv.page.get_by_role("link", name="The lab").click()
        await liv.page.wait_for_url(f"{lab.url}/hub/home")
        await expect(liv.page.get_by_text("lti-liv", exact=True)).to_be_visible()


def test_the_doctor_sees_what_keeps_people_out(university: tuple[Lab, Provider]) -> None:
    """The provider, the address to register there, and a secret that others can read."""
    lab, provider = university
    well = login_findings(lab)
    assert ("ok", f"{provider.issuer} is there, and calls itself so.") in well
    assert any(lab.url + "/hub/login/oidc/callback" in text for _, text in well)
    secret = lab.root / "oidc.secret"
    secret.chmod(0o644)
    try:
        assert f"chmod 600 {secret}" in lab.crepre("check", ok=False)
    finally:
        secret.chmod(0o600)


def login_findings(lab: Lab) -> list[tuple[str, str]]:
    """Level and text of what the doctor says about the provider."""
    rows = json.loads(lab.crepre("doctor", "--json", ok=False))
    return [(row["level"], row["text"]) for row in rows if row["check"] == "login-oidc"]
