"""The start page in a browser: on a phone and a desktop, in both languages, by keys alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.hub.accounts_lab import PASSWORD
from tests.hub.course_lab import CourseLab, course_lab_in, write_course
from tests.labs.axe import looks_right


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(
        tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu"],
        more="opens = 2026-01-15\ncloses = 2099-06-15",
    )  # fmt: skip
    write_course(tmp_path, "art", teachers=["tim"], students=["stu"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


async def window_of(browser: Browser, lab: CourseLab, name: str, *, language: str = "en") -> Page:
    """A window in which *name*, who has an account, is logged in."""
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    await page.goto(f"{lab.base}/hub/login?next=/hub/home")
    await page.locator("#username_input").fill(name)
    await page.locator("#password_input").fill(PASSWORD)
    await page.locator("#login_submit").click()
    await expect(page.locator("#my-server")).to_be_visible()
    return page


async def test_a_student_lets_an_assistant_in_by_keys_alone(
    browser: Browser, lab: CourseLab
) -> None:
    """Everything is there, nothing is cut off, and who was let in sees it."""
    stu, _ = await lab.newcomer("stu"), await lab.newcomer("tea")
    await lab.newcomer("asa")
    lab.look()
    await lab.started("stu", stu, "art/small")
    page = await window_of(browser, lab, "stu")
    await page.get_by_label("Whom?").focus()
    await page.keyboard.type("asa")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("may come in until")).to_contain_text("asa")
    await looks_right(page)
    guest = await window_of(browser, lab, "asa", language="nb-NO")
    await expect(guest.locator("#hosts")).to_contain_text("stu har invitert deg fram til")
    await looks_right(guest)
    await page.get_by_role("button", name="Take back the invitation of asa").press("Enter")
    await expect(page.get_by_text("may come in until")).to_have_count(0)
    for each in (page, guest):
        await each.context.close()


async def test_a_language_is_chosen_by_keys_and_without_a_script(
    browser: Browser, lab: CourseLab
) -> None:
    """At the foot of the page that one is on, which then is in that language."""
    await lab.newcomer("stu")
    lab.look()
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{lab.base}/hub/login?next=/hub/join")
    await page.get_by_role("button", name="Norsk bokmål").press("Enter")
    await expect(page.get_by_role("heading", name="Logg inn")).to_be_visible()
    await page.locator("#username_input").fill("stu")
    await page.locator("#password_input").fill(PASSWORD)
    await page.locator("#login_submit").press("Enter")
    await expect(page.get_by_label("Påmeldingskode")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "nb"
    await context.close()
