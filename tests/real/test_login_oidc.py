"""Log in with an OpenID Connect provider: a certified one, in a browser, through a lab."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.labs.oidc import Provider, running_provider, write_secret


@pytest.fixture(scope="module")
def university(
    make_lab: LabMaker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Provider]]:
    """A lab whose students log in with their university, and guests with accounts."""
    lab = make_lab("local")
    with running_provider(tmp_path_factory.mktemp("provider"), lab.url) as provider:
        lab.more_settings = {
            "login": 'kind = ["oidc", "accounts"]\n',
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
    await expect(ola.page.locator(".crepre-card").first).to_be_visible()
    await expect(ola.page.get_by_text("ola", exact=True)).to_be_visible()
    await ola.page.get_by_role("link", name="Log out").click()
    await ola.page.wait_for_url(f"{provider.issuer}/session/end**")
    await ola.page.get_by_role("button", name="Yes, sign me out").click()
    await ola.page.wait_for_url(f"{lab.url}/hub/login**")
    assert await ola.go("/hub/home") == 200
    await expect(ola.page.get_by_role("link", name="Log in with Feide")).to_be_visible()
