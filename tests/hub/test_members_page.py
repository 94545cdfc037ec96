"""Members of a course, added, found and removed by its teacher in a real hub."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from jupyterhub import orm
from playwright.async_api import Browser, expect

from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roster import Wanted
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import looks_right

PAGE = "/hub/course/music"


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu"])
    write_course(tmp_path, "mail", teachers=["tea@x.no"], more='members_by = "email"\n')
    async with course_lab_in(tmp_path) as lab:
        yield lab


async def add(browser: CourseBrowser, who: str, **fields: str) -> tuple[int, str]:
    values = {"who": who, "role": "student", "section": "", **fields}
    status, page, headers = await browser.submit(PAGE, action="add", **values)
    return status, headers.get("Location", page)


async def remove(browser: CourseBrowser, who: str) -> tuple[int, str]:
    """Ask for it, as the link does, then click."""
    _, page, _ = await browser.get(f"{PAGE}?remove={quote(who)}")
    assert 'value="remove"' in page
    status, page, headers = await browser.submit(PAGE, action="remove", who=who)
    return status, headers.get("Location", page)


def places(lab: CourseLab) -> dict[str, tuple[str, str, str]]:
    """Role, section and origin of everybody whom the course file does not name."""
    course = lab.wiring.desks.rosters.course("music")
    found = lab.wiring.desks.rosters.enrolments(course)
    return {str(e.key): (e.role, e.section, e.by) for e in found if e.origin != "file"}


async def test_moments_are_told_in_the_labs_time_zone(
    lab: CourseLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When somebody was last seen is the hub's UTC, and nobody's watch shows that."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("stu")
    lab.look()
    orm.User.find(lab.app.db, "stu").last_activity = datetime(2026, 9, 1, 20, 30)  # noqa: DTZ001
    lab.app.db.commit()
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # 14 hours before UTC
    time.tzset()
    try:
        _, page, _ = await tea.get(PAGE)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "2 Sept 2026, 10:30" in page


async def test_people_are_added_by_hand_with_role_and_section(lab: CourseLab) -> None:
    """Several at once, with the groups at once, and it is known who did it."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("kim")
    assert await add(tea, "kim, LEE", section="Group 1") == (302, f"{PAGE}?done=added")
    assert (await add(tea, "kim", role="assistant"))[0] == 302
    assert places(lab) == {"kim": ("assistant", "", "tea"), "lee": ("student", "Group 1", "tea")}
    group = orm.Group.find(lab.app.db, "course:music:assistants")
    assert [user.name for user in group.users] == ["kim"]


@pytest.mark.parametrize(
    "fields",
    [
        {"who": ""}, {"who": "ok =cmd"}, {"who": " ".join(f"u{n}" for n in range(51))},
        {"who": "x" * 300}, {"who": "ok", "role": "king"}, {"who": "ok", "role": ""},
        {"who": "ok", "section": "x" * 81}, {"who": "ok", "section": "=1+1"},
    ],
)  # fmt: skip
async def test_a_wish_that_cannot_be_had_adds_nobody(
    lab: CourseLab, fields: dict[str, str]
) -> None:
    """A sentence on the page that says what is wrong."""
    tea = await lab.newcomer("tea")
    status, page = await add(tea, **fields)
    assert (status, 'role="alert"' in page) == (400, True)
    assert places(lab) == {}


async def test_who_is_removed_is_out_by_every_way_they_came(lab: CourseLab) -> None:
    """By roster, link and hand, under whichever of their names; the question comes first."""
    tea, kim = await lab.newcomer("tea"), await lab.newcomer("kim")
    rosters = lab.wiring.desks.rosters
    course = rosters.course("music")
    _, code = lab.wiring.desks.joining.make(course, life=None, seats=None)
    await kim.submit(f"/hub/join/{code.reveal()}")
    rosters.apply(rosters.plan_sync(course, [Wanted(Key(KeyKind.NAME, "kim"))]))
    await add(tea, "kim")
    await add(tea, "kim@x.no-not-logged-in")
    assert "next roster file" in (await tea.get(f"{PAGE}?remove=name%3Akim"))[1]
    assert await remove(tea, "name:kim") == (302, f"{PAGE}?done=removed")
    assert lab.wiring.desks.people.person("kim", is_admin=False).enrolments == ()
    assert (await remove(tea, "name:kim@x.no-not-logged-in"))[0] == 302
    assert places(lab) == {}
    group = orm.Group.find(lab.app.db, "course:music:students")
    assert "kim" not in [user.name for user in group.users]


async def test_whom_the_course_file_names_is_not_removed_here(lab: CourseLab) -> None:
    """There is no button, and a click that is sent all the same says where it is done."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("stu")
    assert "remove=name%3Astu" not in (await tea.get(PAGE))[1]
    status, page, _ = await tea.submit(PAGE, action="remove", who="name:stu")
    assert (status, "is in the course file" in page) == (400, True)
    for nonsense in ("", "name:", "nobody", "king:stu", "name:nobody"):
        status, page, _ = await tea.submit(PAGE, action="remove", who=nonsense)
        assert (status, 'role="alert"' in page) == (400, True), nonsense


async def test_a_filter_shows_a_section_or_a_name(lab: CourseLab) -> None:
    """Without a script; the buttons of the page lead back to the same people."""
    tea = await lab.newcomer("tea")
    for number in range(4):
        await add(tea, f"kim{number}", section=f"Group {number % 2}")
    page = (await tea.get(f"{PAGE}?section=Group+1&text=KIM"))[1]
    assert "2 of 7 are shown" in page
    assert ">kim1 " in page
    assert ">kim2 " not in page
    status, _, headers = await tea.submit(
        f"{PAGE}?section=Group+1", action="remove", who="name:kim1"
    )
    assert (status, headers["Location"]) == (302, f"{PAGE}?done=removed&section=Group+1")
    page = (await tea.get(f"{PAGE}?text=%22%3E%3Cscript%3E"))[1]
    assert "0 of 6 are shown" in page
    assert '"><script>' not in page


async def test_assistants_see_and_do_not_change(lab: CourseLab) -> None:
    """No form to add, no button to remove, no other tabs but those that they may use."""
    asa = await lab.newcomer("asa")
    page = (await asa.get(PAGE))[1]
    for word in ("Add by hand", "Remove", "Join links", "Roster file"):
        assert word not in page
    assert (await add(asa, "kim"))[0] == 403


async def test_the_page_in_a_browser(lab: CourseLab, browser: Browser) -> None:
    """Add, filter, remove by keys and clicks; right on a phone and for everybody."""
    tea, _ = await lab.newcomer("tea"), await lab.newcomer("stu")
    async with window_of(browser, tea) as page:
        await page.goto(PAGE)
        await looks_right(page)
        await page.get_by_text("Add by hand").click()
        await page.get_by_label("User names").fill("kim lee")
        await page.locator("#new_section").fill("A long name of a section")
        await looks_right(page)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("in the course now")
        await page.get_by_role("searchbox", name="Name").fill("lee")
        await page.keyboard.press("Enter")
        await expect(page.locator("#members tbody tr")).to_have_count(1)
        await page.get_by_role("link", name="Remove lee").click()
        await expect(page.get_by_role("alert")).to_contain_text("Remove lee from this course?")
        await looks_right(page)
        await page.get_by_role("button", name="Remove").click()
        await expect(page.get_by_role("status")).to_contain_text("not in the course any more")
        await page.goto(PAGE)
        await page.get_by_role("button", name="Start stu").click()
        await lab.until_running("stu")
        await page.get_by_role("link", name="Look again").click()
        await expect(page.get_by_role("link", name="Open stu")).to_be_visible()
        await looks_right(page)
        await page.get_by_role("button", name="Stop stu").click()
        await expect(page.get_by_role("button", name="Start stu")).to_be_visible()
