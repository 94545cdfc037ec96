"""The room in a real hub: who starts, runs, is stuck, has a hand up; it follows by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, expect

from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.room import SLOW_START
from crepre_hub.errors import HomeFull
from tests.hub.course_lab import CourseBrowser, CourseLab, MockSpawner, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import looks_right

ROOM = "/hub/course/music/room"
TILES = ROOM + "/tiles"
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(
        tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu", "kim", "two"]
    )
    write_course(tmp_path, "art", teachers=["tim"], students=["two"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


def tile_of(page: str, name: str) -> str:
    """The tile of *name*, as text without tags."""
    tiles = re.findall(r'<li class="crepre-tile.*?</li>', page, flags=re.DOTALL)
    (found,) = [each for each in tiles if f">{name}<" in each]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


async def tiles(browser: CourseBrowser) -> str:
    status, page, _ = await browser.get(TILES)
    assert status == 200
    return page


async def hand(browser: CourseBrowser, way: str, course: str = "music", **more: str) -> int:
    token = await browser.token_of("/hub/password")
    fields = {"_xsrf": token, "hand": way, **more}
    return (await browser.post(f"/hub/course/{course}/hand", fields))[0]


async def test_the_room_tells_what_each_server_does(lab: CourseLab) -> None:
    """Running and not running; what runs for another course is not told."""
    asa = await lab.newcomer("asa")
    stu, two = await lab.newcomer("stu"), await lab.newcomer("two")
    await lab.started("stu", stu, "music/small")
    await lab.started("two", two, "art/small")
    lab.look()
    page = await tiles(asa)
    assert tile_of(page, "stu") == "stu running Open"
    assert tile_of(page, "kim") == "kim has not logged in yet"
    assert tile_of(page, "two") == "two"
    assert tile_of(page, "tea") == "tea has not logged in yet"
    assert ">asa<" not in page


async def test_a_start_that_fails_is_seen_until_one_goes_well(
    lab: CourseLab, monkeypatch: Any
) -> None:
    """With the sentence that the student read; in the course that it was for."""
    tea, two = await lab.newcomer("tea"), await lab.newcomer("two")
    tim = await lab.newcomer("tim")

    async def full(self: Any) -> None:
        raise HomeFull("There is no room.")

    with monkeypatch.context() as patch:
        patch.setattr(MockSpawner, "start", full)
        await two.submit_spawn("music/small")
        await until(lambda: not lab.app.users["two"].spawner.pending)
    assert tile_of(await tiles(tea), "two").startswith("two stuck Your home is full")
    assert "stuck" not in tile_of((await tim.get("/hub/course/art/room"))[1], "two")
    await lab.started("two", two, "music/small")
    assert tile_of(await tiles(tea), "two") == "two running Open"


async def test_a_start_that_takes_long_is_stuck(lab: CourseLab, monkeypatch: Any) -> None:
    """It begins as starting; by its age it is stuck."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    go = asyncio.Event()
    start = MockSpawner.start

    async def slow(self: Any) -> Any:
        await go.wait()
        return await start(self)

    monkeypatch.setattr(MockSpawner, "start", slow)
    await stu.submit_spawn("music/small")
    spawner = lab.app.users["stu"].spawner
    await until(lambda: spawner.orm_spawner.started is not None)
    assert tile_of(await tiles(tea), "stu").startswith("stu starting, since")
    spawner.orm_spawner.started -= SLOW_START + timedelta(seconds=1)
    assert tile_of(await tiles(tea), "stu").startswith("stu stuck, since")
    go.set()
    await lab.until_running("stu")
    assert tile_of(await tiles(tea), "stu") == "stu running Open"


async def until(is_so: Any) -> None:
    for _ in range(900):
        if is_so():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come to be within 90 s")


async def test_hands_are_seen_in_the_order_they_went_up(lab: CourseLab) -> None:
    """First things first; one that is helped, or that its owner takes down, is down."""
    asa = await lab.newcomer("asa")
    stu, two = await lab.newcomer("stu"), await lab.newcomer("two")
    assert [await hand(each, "up") for each in (two, stu, two)] == [302] * 3
    page = await tiles(asa)
    assert "2 hands are up." in page
    names = re.findall(r'id="t\d+">(\w+)<', page)
    assert names[:2] == ["two", "stu"]
    assert "Your hand is up in Music" in (await stu.get("/hub/home"))[1]
    assert "hand is up in Music" not in (await asa.get("/hub/home"))[1]
    assert (await asa.submit(ROOM, lower="two"))[0] == 302
    assert await hand(stu, "down") == 302
    assert "0 hands are up." in await tiles(asa)
    assert "Raise my hand in Music" in (await two.get("/hub/home"))[1]


async def test_a_hand_goes_back_to_where_the_button_was(lab: CourseLab) -> None:
    """Within the lab, and nowhere else."""
    stu = await lab.newcomer("stu")
    token = await stu.token_of("/hub/password")
    for target, expected in (
        ("/hub/spawn", "/hub/spawn"), ("https://evil.example/", "/hub/home"),
        ("//evil.example/", "/hub/home"), ("", "/hub/home"),
    ):  # fmt: skip
        fields = {"_xsrf": token, "hand": "up", "next": target}
        status, _, headers = await stu.post("/hub/course/music/hand", fields)
        assert (status, headers["Location"]) == (302, expected)


async def test_an_answer_without_news_is_empty(lab: CourseLab) -> None:
    """While nothing happens, and not when something has."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    _, _, headers = await tea.get(TILES)
    known = {"If-None-Match": headers["Etag"]}
    status, page, headers = await tea.get(TILES, headers=known)
    assert (status, page, len(headers["Crepre-As-Of"])) == (304, "", len("14:02:10"))
    await hand(stu, "up")
    assert (await tea.get(TILES, headers=known))[0] == 200


async def test_names_and_sections_stay_text(lab: CourseLab) -> None:
    """Whatever a list says."""
    tea = await lab.newcomer("tea")
    rosters = lab.wiring.desks.rosters
    key = Key(KeyKind.NAME, "evil")
    rosters.add(rosters.course("music"), key, role=Role.STUDENT, section=HOSTILE)
    for path in (ROOM, TILES, "/hub/course/music"):
        page = (await tea.get(path))[1]
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


async def test_the_room_follows_by_itself(lab: CourseLab, browser: Browser) -> None:
    """A hand and a start appear on the open page, which says its age; right for everybody."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    async with window_of(browser, tea) as page, window_of(browser, stu) as other:
        await page.goto(ROOM)
        await expect(page.get_by_text("This page goes on by itself.")).to_be_visible()
        await looks_right(page)
        await other.goto("/hub/home")
        await looks_right(other)
        await other.get_by_role("button", name="Raise my hand in Music").click()
        await expect(other.get_by_role("status")).to_contain_text("Your hand is up")
        await looks_right(other)
        await expect(page.get_by_text("Hand up since")).to_be_visible()
        await lab.started("stu", stu, "music/small")
        await expect(page.get_by_role("link", name="Open stu")).to_be_visible()
        await looks_right(page)
        await page.get_by_role("button", name="Helped stu").click()
        await expect(page.get_by_text("0 hands are up.")).to_be_visible()
        await lab.app.http_server.close_all_connections()
        lab.app.http_server.stop()
        await expect(page.locator("#as-of")).to_contain_text("does not answer")
