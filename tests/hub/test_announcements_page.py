"""A teacher announces something in a real hub, and everybody in the course reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from crepre_seat.news import asked_of, notices_in
from crepre_seat.notices import Notice
from playwright.async_api import Browser, expect

from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import looks_right

PAGE = "/hub/course/music/announcements"
HOSTILE = '<script>alert(1)</script> "quoted" & {{ 7*7 }}'


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu"])
    write_course(tmp_path, "art", teachers=["tim"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


async def announce(browser: CourseBrowser, text: str, hours: str = "24") -> tuple[int, str]:
    status, page, headers = await browser.submit(PAGE, action="announce", text=text, hours=hours)
    return status, headers.get("Location", page)


async def test_an_announcement_stands_on_the_pages_of_the_course(lab: CourseLab) -> None:
    """Start page and spawn page, as text; nobody else reads it, and it can be taken back."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    tim = await lab.newcomer("tim")
    assert await announce(tea, HOSTILE) == (302, f"{PAGE}?done=told")
    for path in ("/hub/home", "/hub/spawn"):
        page = (await stu.get(path))[1]
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &#34;quoted&#34; &amp; {{ 7*7 }}" in page
        assert "alert(1)" not in (await tim.get(path))[1]
    (each,) = lab.wiring.desks.announcements.of_course(lab.wiring.desks.rosters.course("music"))
    status, _, _ = await tim.submit("/hub/course/art/announcements", action="take-back", id=each.id)
    assert status == 400
    assert (await tea.submit(PAGE, action="take-back", id=each.id))[0] == 302
    assert "alert(1)" not in (await stu.get("/hub/home"))[1]
    assert (await tea.submit(PAGE, action="take-back", id=each.id))[0] == 400


@pytest.mark.parametrize(
    ("text", "hours"), [("", "24"), ("x" * 301, "24"), ("ok", "25"), ("ok", "")]
)
async def test_what_cannot_be_announced_is_told(lab: CourseLab, text: str, hours: str) -> None:
    """And what was typed is there still."""
    tea = await lab.newcomer("tea")
    status, page = await announce(tea, text, hours)
    assert (status, 'role="alert"' in page, f">{text}</textarea>" in page) == (400, True, True)
    assert lab.wiring.desks.announcements.of_course(lab.wiring.desks.rosters.course("music")) == ()


async def test_the_page_in_a_browser(lab: CourseLab, browser: Browser) -> None:
    """Announce, read, take back; right on a phone and for everybody."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    async with window_of(browser, tea) as page, window_of(browser, stu) as other:
        await page.goto("/hub/course/music")
        await page.get_by_role("link", name="Announcements").click()
        await looks_right(page)
        await page.get_by_label("What everybody").fill("The room is 117.\nBring headphones.")
        await page.get_by_role("button", name="Announce").click()
        await expect(page.get_by_role("status")).to_contain_text("Everybody in the course")
        await looks_right(page)
        for path in ("/hub/home", "/hub/spawn"):
            await other.goto(path)
            await expect(other.get_by_role("note")).to_contain_text("Bring headphones.")
            await looks_right(other)
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_role("status")).to_contain_text("not shown any more")
        await other.goto("/hub/home")
        await expect(other.get_by_role("note")).to_have_count(0)


async def test_a_server_hears_of_it_with_its_own_token(lab: CourseLab) -> None:
    """What is new, and again where nothing is; a hub that knows the token no more is away."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("stu")
    token = lab.app.users["stu"].new_api_token()
    hub = SimpleNamespace(api_token=token, api_url=f"{lab.base}/hub/api")
    fetch = asked_of(hub)
    assert [notices_in(await fetch()) for _ in range(2)] == [(), ()]
    await announce(tea, HOSTILE)
    expected = (Notice(f"Music: {HOSTILE}"),)
    assert [notices_in(await fetch()) for _ in range(2)] == [expected, expected]
    hub.api_token = "0" * 32
    with pytest.raises(OSError, match="403"):
        await fetch()
