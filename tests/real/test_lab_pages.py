"""The pages for admins of the lab, in a browser and with a real doctor behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.lab import Lab

BROKEN = 'title = "Broken"\n[profiles.small]\ntitle = "Small"\nmemry = "1 GiB"\n'


@pytest.fixture
def broken_course(local_lab: Lab) -> Iterator[None]:
    """A course file with a mistake; gone afterwards."""
    file = local_lab.root / "courses" / "broken.toml"
    file.write_text(BROKEN)
    yield
    file.unlink()


@pytest.mark.usefixtures("broken_course")
async def test_an_admin_looks_at_the_lab(browser: Browser, local_lab: Lab) -> None:
    """Each page on a phone and a desktop, in dark and light; from one to the next by keys alone."""
    ada = await (await Visitor.arrive(browser, local_lab, "ada-admin")).join(admin=True)
    await ada.go("/hub/admin")
    await ada.page.get_by_role("link", name="Courses").click()
    await expect(ada.page.get_by_role("alert").first).to_contain_text("courses/broken.toml:4")
    await looks_right(ada.page)
    await by_keys(ada.page, "People")
    await expect(ada.page.get_by_role("heading", name="People")).to_be_visible()
    await looks_right(ada.page)
    await search_by_keys(ada.page)
    await by_keys(ada.page, "Problems")
    await expect(ada.page.get_by_role("heading", name="Problems")).to_be_visible()
    await expect(ada.page.get_by_text("Servers are local processes")).to_be_visible()
    await expect(ada.page.get_by_text("memry")).to_be_visible()
    await looks_right(ada.page)
    await ada.page.get_by_role("button", name="Look again").press("Enter")
    await expect(ada.page.locator("form p[role=status]")).to_contain_text(re.compile("As of"))
    await ada.leave()


async def by_keys(page: Page, tab: str) -> None:
    """Go to the tab called *tab* with Tab and Enter."""
    await page.get_by_role("link", name="Courses", exact=True).focus()
    for _ in range(4):
        if await page.evaluate("document.activeElement.textContent") == tab:
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")


async def search_by_keys(page: Page) -> None:
    """Type, choose, Enter; then open what can be done about somebody."""
    await page.get_by_label("A part of a name").focus()
    await page.keyboard.type("ADA-")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Admins")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#people tbody tr")).to_have_count(1)
    summary = page.locator("#people summary").first
    await summary.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("crepre user reset ada-admin")).to_be_visible()
