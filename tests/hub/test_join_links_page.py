"""A teacher makes join links in a real hub, sees who used them, and revokes them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import looks_right

PAGE = "/hub/course/music/links"
CODE = re.compile(r'id="code">([2-9A-Z-]{24})<')


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"])
    write_course(tmp_path, "art", teachers=["tim"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


async def make(browser: CourseBrowser, **fields: str) -> tuple[int, str]:
    values = {"days": "14", "seats": "", "section": "", **fields}
    status, page, headers = await browser.submit(PAGE, action="make", **values)
    assert headers["Cache-Control"] == "no-store"
    return status, page


async def test_a_link_is_shown_once_and_works(lab: CourseLab) -> None:
    """With its section; afterwards the page knows who came, and the code no more."""
    tea, new = await lab.newcomer("tea"), await lab.newcomer("new")
    status, page = await make(tea, seats="2", section="Group 2")
    (code,) = CODE.findall(page)
    assert (status, f"{lab.base}/hub/join/{code}" in page) == (200, True)
    assert (await new.submit(f"/hub/join/{code}"))[0] == 302
    (mine,) = lab.wiring.desks.people.person("new", is_admin=False).enrolments
    assert mine.section == "Group 2"
    page = (await tea.get(PAGE))[1]
    assert code not in page
    (link,) = lab.wiring.desks.joining.links(lab.wiring.desks.rosters.course("music"))
    assert (link.by, link.used, link.seats) == ("tea", 1, 2)
    assert link.id in page


async def test_a_revoked_link_lets_nobody_in(lab: CourseLab) -> None:
    """Once; another course's teacher cannot."""
    tea, tim = await lab.newcomer("tea"), await lab.newcomer("tim")
    new = await lab.newcomer("new")
    (code,) = CODE.findall((await make(tea))[1])
    (link,) = lab.wiring.desks.joining.links(lab.wiring.desks.rosters.course("music"))
    path = "/hub/course/art/links"
    assert (await tim.submit(path, action="revoke", link=link.id))[0] == 400
    assert (await new.get(f"/hub/join/{code}"))[0] == 200
    status, _, headers = await tea.submit(PAGE, action="revoke", link=link.id)
    assert (status, headers["Location"]) == (302, f"{PAGE}?done=revoked")
    assert (await new.get(f"/hub/join/{code}"))[0] == 403
    assert (await tea.submit(PAGE, action="revoke", link=link.id))[0] == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"days": "0"}, {"days": "367"}, {"days": "x"}, {"days": ""}, {"days": "9" * 99},
        {"seats": "0"}, {"seats": "-1"}, {"seats": "many"}, {"seats": "²"},
        {"days": "000000001" + "9" * 30}, {"seats": "000000001" + "9" * 30},
        {"section": "x" * 81}, {"section": "a\u200bb"}, {"section": "=1+1"},
    ],
)  # fmt: skip
async def test_what_the_form_cannot_mean_is_refused(lab: CourseLab, fields: dict[str, str]) -> None:
    """In a sentence, and no link is made."""
    tea = await lab.newcomer("tea")
    status, page = await make(tea, **fields)
    assert (status, 'role="alert"' in page) == (400, True)
    assert lab.wiring.desks.joining.links(lab.wiring.desks.rosters.course("music")) == ()


async def test_the_page_in_a_browser(lab: CourseLab, browser: Browser) -> None:
    """Make, copy, revoke; right on a phone and for everybody."""
    tea = await lab.newcomer("tea")
    async with window_of(browser, tea) as page:
        await page.goto("/hub/course/music")
        await page.get_by_role("link", name="Join links").click()
        await looks_right(page)
        await page.get_by_label("Seats").fill("40")
        await page.get_by_role("button", name="Make a link for students").click()
        link = await page.get_by_label("Link", exact=True).input_value()
        code = await page.locator("#code").inner_text()
        assert link.endswith(f"/hub/join/{code}")
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Copy").click()
        await expect(page.locator("#copied")).to_have_text("Copied.")
        assert await page.evaluate("navigator.clipboard.readText()") == link
        await looks_right(page)
        await page.get_by_role("button", name="Revoke the link").click()
        await expect(page.get_by_role("status")).to_contain_text("revoked")
        await looks_right(page)
