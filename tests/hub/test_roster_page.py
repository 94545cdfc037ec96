"""A teacher brings a roster's file to a real hub: looks at it, corrects it, applies it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio
from jupyterhub import orm
from playwright.async_api import Browser, Page, expect

from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import looks_right

PAGE = "/hub/course/music/roster"
FIRST = "Etternavn;Fornavn;Brukernavn;Parti;Rolle\r\nÅs;Bjørn;stu;1;student\r\nBerg;Ceci;new;2;\r\n"
SECOND = "Who,Team\nnew,3\nlate,3\n"
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


def roster(lab: CourseLab) -> dict[str, tuple[str, str]]:
    """Role and section of everybody whom the course file does not name."""
    course = lab.wiring.desks.rosters.course("music")
    places = lab.wiring.desks.rosters.enrolments(course)
    return {str(e.key): (e.role, e.section) for e in places if e.origin != "file"}


async def send(
    browser: CourseBrowser, text: str, name: str = "list.csv", encoding: str = "utf-8"
) -> tuple[int, str]:
    """Choose a file, as the form does."""
    form = aiohttp.FormData()
    form.add_field("_xsrf", await browser.token_of("/hub/password"))
    form.add_field("action", "read")
    form.add_field("file", text.encode(encoding), filename=name, content_type="text/csv")
    status, page, _ = await browser.post(PAGE, form)
    return status, page


async def act(browser: CourseBrowser, page: str, action: str, **fields: str) -> tuple[int, str]:
    """Click a button below the file that *page* shows."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, page
    xsrf = await browser.token_of("/hub/password")
    data = {"_xsrf": xsrf, "token": found[1], "action": action, **fields}
    status, answer, headers = await browser.post(PAGE, data)
    return status, headers.get("Location", answer)


async def test_a_list_counts_after_a_click_and_not_before(lab: CourseLab) -> None:
    """Looking changes nothing; the click does it all, with the groups at once."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("stu")
    status, page = await send(tea, FIRST, encoding="cp1252")
    assert status == 200
    assert "Bjørn Ås" in page
    assert roster(lab) == {}
    assert await act(tea, page, "apply") == (302, f"{PAGE}?done=2-0-0")
    assert roster(lab) == {"stu": ("student", "1"), "new": ("student", "2")}
    group = orm.Group.find(lab.app.db, "course:music:students")
    assert [user.name for user in group.users] == ["stu"]
    assert "2 joined, 0 changed, 0 left" in (await tea.get(f"{PAGE}?done=2-0-0"))[1]


async def test_columns_are_said_where_they_are_not_known(lab: CourseLab) -> None:
    """The page asks; a second list then changes, ends and begins places."""
    tea = await lab.newcomer("tea")
    await act(tea, (await send(tea, FIRST))[1], "apply")
    status, page = await send(tea, SECOND)
    assert (status, "there is no column of user names" in page) == (400, True)
    status, page = await act(tea, page, "again", **{"column-name": "Who", "column-section": ""})
    assert (status, "home" in page.lower()) == (200, True)
    assert (await act(tea, page, "apply"))[1] == f"{PAGE}?done=1-0-1"
    assert roster(lab) == {"new": ("student", "2"), "late": ("student", "")}


async def test_a_list_of_yesterday_is_not_applied(lab: CourseLab) -> None:
    """Somebody joined in between: nothing is changed, and the page shows what it would do now."""
    tea = await lab.newcomer("tea")
    page = (await send(tea, FIRST))[1]
    course = lab.wiring.desks.rosters.course("music")
    lab.wiring.desks.rosters.add(course, Key(KeyKind.NAME, "guest"), role=Role.STUDENT)
    status, page = await act(tea, page, "apply")
    assert (status, "Nothing was changed: somebody else" in page) == (409, True)
    assert roster(lab).keys() == {"guest"}
    assert (await act(tea, page, "apply"))[0] == 302
    assert roster(lab).keys() == {"guest", "stu", "new"}


async def test_every_mistake_is_told_with_its_line(lab: CourseLab) -> None:
    """And nothing of the list is used, nor does a cell become a part of the page."""
    tea = await lab.newcomer("tea")
    text = f"login,name,role\nada,Ada,king\n=cmd,x,\nbo,{HOSTILE},student\nbo,,teacher\n"
    status, page = await send(tea, text, name=f"{HOSTILE}.csv")
    assert status == 400
    for line in ("line 2: ", "line 3: ", "line 5: "):
        assert line in page
    assert "<img src=x" not in page
    assert "apply" not in re.findall(r'value="(\w+)"', page)
    status, page = await send(tea, f"login,name\nbo,{HOSTILE}\n")
    assert (status, "<img src=x" in page, "&lt;img src=x" in page) == (200, False, True)


async def test_mistakes_are_told_in_the_language_of_the_reader(lab: CourseLab) -> None:
    """Also what stands in the middle of a sentence."""
    tea = await lab.newcomer("tea")
    tea.session.headers["Accept-Language"] = "nb"
    page = (await send(tea, "login,role\n=cmd,student\nbo,king\n"))[1]
    assert "linje 2: navnet: &#39;=cmd&#39; er en formel" in page
    assert "linje 3: &#39;king&#39; er ingen rolle" in page


async def test_a_file_that_is_too_large_or_missing_is_refused(lab: CourseLab) -> None:
    """In a sentence."""
    tea = await lab.newcomer("tea")
    status, page = await send(tea, "login\n" + "x" * (5 * 2**20))
    assert (status, "4 at most" in page) == (400, True)
    status, page = await send(tea, "login\nada\n", name="")
    assert (status, "No file was chosen" in page) == (400, True)
    xsrf = await tea.token_of("/hub/password")
    status, page, _ = await tea.post(PAGE, {"_xsrf": xsrf, "token": "x", "action": "apply"})
    assert (status, "not here any more" in page) == (400, True)


async def test_a_list_makes_no_teachers(lab: CourseLab) -> None:
    """A teacher's does not; an admin's does."""
    tea, boss = await lab.newcomer("tea"), await lab.newcomer("boss", admin=True)
    text = "login,role\neve,teacher\nbo,assistant\n"
    page = (await send(tea, text))[1]
    assert "only an admin of the lab can make somebody a teacher" in page
    await act(tea, page, "apply")
    assert roster(lab) == {"bo": ("assistant", "")}
    await act(boss, (await send(boss, text))[1], "apply")
    assert roster(lab)["eve"] == ("teacher", "")


async def choose(page: Page, text: str, name: str = "list.csv") -> None:
    """Put a file into the form and send it."""
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    await page.get_by_label("File, 4 MiB at most").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Look at what it changes").click()


async def test_a_teacher_goes_all_the_way_in_a_browser(lab: CourseLab, browser: Browser) -> None:
    """Upload, other columns, apply; each page is right on a phone and for everybody."""
    tea = await lab.newcomer("tea")
    async with window_of(browser, tea) as page:
        await page.goto("/hub/course/music")
        await page.get_by_role("link", name="Roster file").click()
        await looks_right(page)
        await choose(page, FIRST)
        await expect(page.get_by_role("row", name="Bjørn Ås")).to_be_visible()
        await looks_right(page)
        await page.get_by_role("button", name="Apply these changes").click()
        await expect(page.get_by_role("status")).to_contain_text("2 joined")
        await looks_right(page)
        await choose(page, SECOND)
        await expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
        await looks_right(page)
        await page.get_by_label("User name", exact=True).select_option("Who")
        await page.get_by_role("button", name="Read it again").click()
        await expect(page.get_by_role("heading", name="Leave (1)")).to_be_visible()
        await looks_right(page)


async def test_the_page_needs_no_script(lab: CourseLab, browser: Browser) -> None:
    """File, look, apply: forms do it."""
    tea = await lab.newcomer("tea")
    async with window_of(browser, tea, scripts=False) as page:
        await page.goto(PAGE)
        await choose(page, FIRST)
        await page.get_by_role("button", name="Apply these changes").click()
        await expect(page.get_by_role("status")).to_contain_text("2 joined")
    assert roster(lab).keys() == {"stu", "new"}
