"""Teachers keep GPUs for their course on its page, in a real hub in Oslo's time."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from time import tzset
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import expect

from crepre_hub.gpu.gpus import Tier
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.settings.gpus import GpuCard, GpusSection
from crepre_hub.settings.lab import Lab as LabFile
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.windows import window_of
from tests.labs.axe import PHONE, looks_right
from tests.labs.browser import open_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

OSLO = ZoneInfo("Europe/Oslo")
PAGE = "/hub/course/ml/gpus"
WITH_GPUS = """
[profiles.gpu]
title = "With a GPU"
image = "x:1"
gpu = "12 GiB"
[profiles.whole]
title = "A card"
image = "x:1"
gpu = "whole"
"""
NOON = time(12)
DAY = (datetime.now(OSLO) + timedelta(days=40)).date()
TYPED = {
    "profile": "gpu",
    "seats": "3",
    "day": f"{DAY}",
    "starts": "10:15",
    "ends": "12:00",
    "until": "",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    """Two cards of 24 GiB, one of them shared; the hub's clock is in Oslo."""
    folder = tmp_path_factory.mktemp("calendar")
    write_course(folder, "ml", teachers=["tea"], assistants=["asa"], students=["stu"])
    write_course(folder, "art", teachers=["tim"])
    for name in ("ml", "art"):
        file = folder / "courses" / f"{name}.toml"
        file.write_text(file.read_text() + WITH_GPUS)
    cards = (
        GpuCard(uuid="GPU-0a", name="Card", memory="24 GiB", tier=Tier.SHARED),
        GpuCard(uuid="GPU-0b", name="Card", memory="24 GiB"),
    )
    section = GpusSection(found_by="list", cards=cards)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Oslo")
        tzset()
        async with course_lab_in(folder, lab_file=LabFile(gpus=section)) as lab:
            names = ("tea", "asa", "stu", "tim", "boss")
            lab.browsers = {name: await lab.newcomer(name, admin=name == "boss") for name in names}
            lab.look()
            await lab.app._first_look
            yield lab
    tzset()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def nothing_is_kept(lab: CourseLab) -> AsyncIterator[None]:
    """Each test begins without reservations, and with the course files as they were."""
    folder = lab.wiring.settings.root / "courses"
    before = {file: file.read_text() for file in folder.iterdir()}
    yield
    for file, text in before.items():
        file.write_text(text)
    lab.app.gpus.keep()
    for each in kept(lab):
        lab.wiring.lending.cancel(each.id)


def kept(lab: CourseLab) -> list[Reservation]:
    book = lab.wiring.lending.book()
    return sorted(book.reservations.values(), key=lambda each: each.interval.start)


async def post(browser: CourseBrowser, page: str = PAGE, **fields: str) -> Any:
    """Click; the answer's status, its text with entities read, and where it leads."""
    token = await browser.token_of("/hub/password")
    status, text, headers = await browser.post(page, {"_xsrf": token, **fields})
    return status, unescape(text), headers.get("Location", "")


async def reserve(browser: CourseBrowser, page: str = PAGE, **typed: str) -> Any:
    return await post(browser, page, action="reserve", **{**TYPED, **typed})


async def look(browser: CourseBrowser, path: str = f"{PAGE}?week={DAY}") -> str:
    return unescape((await browser.get(path))[1])


async def test_a_teacher_reserves_and_everybody_is_told(lab: CourseLab) -> None:
    """The page that comes then, the calendar, and the board; others' teachers learn no name."""
    today = datetime.now(OSLO).date()
    soon = f"{today + timedelta(days=3)}"
    status, _, there = await reserve(lab.browsers["tea"], day=soon)
    assert (status, there.partition("?")[0]) == (302, PAGE)
    page = await look(lab.browsers["tea"], there)
    assert "Reserved: 3 seats of With a GPU, " in page
    assert ">10:15–12:00<" in page
    assert "By tea" in page
    (made,) = kept(lab)
    assert (made.course, made.profile, made.by, len(made.places)) == ("ml", "gpu", "tea", 3)
    assert made.interval.start.astimezone(OSLO).isoformat()[:16] == f"{soon}T10:15"
    assert "3 × 12 GiB of a GPU" in await look(lab.browsers["stu"], "/hub/board")
    other = await look(lab.browsers["tim"], f"/hub/course/art/gpus?week={soon}")
    assert "Kept for another course" in other
    assert "3 × 12 GiB of a GPU" in other
    assert "By tea" not in other
    assert "Kept for Ml" in await look(lab.browsers["boss"], f"/hub/course/art/gpus?week={soon}")


async def test_the_start_page_says_who_has_them_and_when_others_do(
    lab: CourseLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a lesson its course reads what is free for it, another course when the next one is."""
    desk, day = lab.wiring.lending, (datetime.now(OSLO) + timedelta(days=1)).date()
    monkeypatch.setattr(desk, "_clock", lambda: datetime.combine(day, NOON, OSLO).astimezone(UTC))
    hours = {"day": f"{day}", "starts": "11:55", "ends": "13:30"}
    assert (await reserve(lab.browsers["tea"], profile="whole", seats="2", **hours))[0] == 302
    assert "2 free now" in await look(lab.browsers["stu"], "/hub/spawn")
    assert "next at about 13:30" in await look(lab.browsers["tim"], "/hub/spawn")


async def test_only_teachers_are_led_there(lab: CourseLab) -> None:
    """Assistants see the course page without this part of it, and cannot open it."""
    link = f'href="{PAGE}"'
    assert link in await look(lab.browsers["tea"], "/hub/course/ml")
    assert link not in await look(lab.browsers["asa"], "/hub/course/ml")
    assert (await lab.browsers["asa"].get(PAGE))[0] == 403
    assert (await lab.browsers["stu"].get(PAGE))[0] == 404


async def test_a_series_is_kept_by_the_clock_on_the_wall(lab: CourseLab) -> None:
    """Weekly until a day, over the change of clocks; one falls out alone, then all others."""
    tea = lab.browsers["tea"]
    until = DAY + timedelta(weeks=35)
    status, _, there = await reserve(tea, until=f"{until}")
    assert status == 302
    assert "36 times in all" in await look(tea, there)
    assert len(kept(lab)) == 36
    assert {f"{each.interval.start.astimezone(OSLO):%H:%M}" for each in kept(lab)} == {"10:15"}
    assert len({each.interval.start.hour for each in kept(lab)}) == 2
    second = kept(lab)[1]
    asked = await look(tea, f"{PAGE}?week={DAY + timedelta(weeks=1)}&cancel={second.id}")
    assert "Cancel this one alone" in asked
    assert "Cancel all 36 that are left" in asked
    assert (await post(tea, action="cancel", name=second.id))[0] == 302
    assert second not in kept(lab)
    assert len(kept(lab)) == 35
    status, _, there = await post(tea, action="cancel-series", name=kept(lab)[4].id)
    assert "It is cancelled" in await look(tea, there)
    assert kept(lab) == []
    assert (await post(tea, action="cancel", name=second.id))[0] == 400


async def test_an_overlap_is_refused_with_what_it_overlaps(lab: CourseLab) -> None:
    """Which, from when until when, how many are left; what was typed is there still."""
    await reserve(lab.browsers["tim"], "/hub/course/art/gpus", profile="whole", seats="1")
    status, page, _ = await reserve(lab.browsers["tea"], starts="11:00", ends="13:00")
    assert status == 400
    day = f"{DAY:%a} {DAY.day} {DAY:%b}"
    assert (
        f"{day} 11:00: only 2 of 3 can be kept: another course has 1 from {day} 10:15"
        " until 12:00. Ask for fewer, or for another time."
    ) in page
    assert 'value="3"' in page
    assert 'value="11:00"' in page
    assert "Kept for another course" in page
    assert [each.course for each in kept(lab)] == ["art"]
    assert (await reserve(lab.browsers["tea"], starts="12:00", ends="13:00"))[0] == 302


async def test_a_mistake_is_told_by_its_field(lab: CourseLab) -> None:
    """All at once, with the first of them in focus; nothing is kept."""
    status, page, _ = await reserve(
        lab.browsers["tea"], seats="none", starts="12:00", ends="10:15", until="2020-01-01"
    )
    assert status == 400
    assert "Nothing is reserved. Look at the fields that are marked." in page
    for name in ("seats", "ends", "until"):
        (mark,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
        assert 'aria-invalid="true"' in mark
        assert ("autofocus" in mark) is (name == "seats")
        assert f'id="{name}_wrong"' in page
    assert 'value="none"' in page
    assert kept(lab) == []
    status, page, _ = await reserve(lab.browsers["tea"], day="2020-01-06")
    assert (status, "This day is over." in page) == (400, True)
    status, page, _ = await post(lab.browsers["tea"], action="reserve")
    assert (status, page.count('aria-invalid="true"')) == (400, 5)


@pytest.mark.parametrize("week", ["", "x", "0001-01-01", "9999-12-31", "2020-01-06", "2026-W60"])
async def test_any_week_has_a_page(lab: CourseLab, week: str) -> None:
    """One that cannot be shown is this week."""
    page = await look(lab.browsers["tea"], f"{PAGE}?week={week}")
    assert 'aria-current="date"' in page
    assert "Week before" not in page


async def test_weeks_are_turned_by_links(lab: CourseLab) -> None:
    """To the next and back again, and the zone of the times is said."""
    tea = lab.browsers["tea"]
    page = await look(tea, PAGE)
    (forward,) = re.findall(r'rel="next" href="([^"]+)"', page)
    after = await look(tea, forward)
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', after)
    assert (await look(tea, back)).count("crepre-today") == page.count("crepre-today")
    assert "Nothing is reserved in this week." in after
    assert "CET (UTC+01:00)" in await look(tea, f"{PAGE}?week={_winter()}")


def _winter() -> date:
    """A day in January that is to come."""
    today = datetime.now(OSLO).date()
    return date(today.year + 1, 1, 15)


def ask_in_file(lab: CourseLab, seats: int) -> None:
    """A lesson in the course's file, as the hub sees it half a minute later."""
    file = lab.wiring.settings.root / "courses" / "ml.toml"
    lesson = f'[[gpus.reservations]]\nprofile = "gpu"\nseats = {seats}\nday = {DAY}\n'
    file.write_text(file.read_text() + lesson + 'starts = "10:15"\nends = "12:00"\n')
    lab.app.gpus.keep()


async def test_what_the_file_cannot_have_is_told_to_the_teacher(lab: CourseLab) -> None:
    """With what is in the way, as far as they may know it."""
    await reserve(lab.browsers["tim"], "/hub/course/art/gpus", profile="whole", seats="1")
    ask_in_file(lab, seats=3)
    page = await look(lab.browsers["tea"])
    assert "The course's file asks for a reservation that cannot be had." in page
    assert "only 2 of 3 can be kept: another course has 1 from" in page
    assert "cannot be had" not in await look(lab.browsers["tim"], "/hub/course/art/gpus")


async def test_what_is_in_the_file_is_changed_there(lab: CourseLab) -> None:
    """It is marked so, and has no button; a post does not end it either."""
    ask_in_file(lab, seats=2)
    (made,) = kept(lab)
    tea = lab.browsers["tea"]
    page = await look(tea)
    assert "From the course's file, and changed there" in page
    assert "cancel=" not in page
    assert "Cancel it" not in await look(tea, f"{PAGE}?week={DAY}&cancel={made.id}")
    for action in ("cancel", "cancel-series"):
        status, page, _ = await post(tea, action=action, name=made.id)
        assert (status, "stands in the course's file" in page) == (400, True)
    assert kept(lab) == [made]


async def test_one_cancels_the_own_courses_alone(lab: CourseLab) -> None:
    """Another course's reservation is unknown on this page, whoever reads it."""
    await reserve(lab.browsers["tea"])
    (made,) = kept(lab)
    art = "/hub/course/art/gpus"
    for name in ("tim", "boss"):
        for action in ("cancel", "cancel-series"):
            assert (await post(lab.browsers[name], art, action=action, name=made.id))[0] == 400
        assert "Cancel it" not in await look(lab.browsers[name], f"{art}?cancel={made.id}")
    assert kept(lab) == [made]
    assert (await post(lab.browsers["boss"], action="cancel", name=made.id))[0] == 302
    assert kept(lab) == []


async def test_a_profile_larger_than_any_card_is_told(
    lab: CourseLab, caplog: pytest.LogCaptureFixture
) -> None:
    """By a live edit: to the teacher, to admins and once in the log; the lab goes on."""
    tea, file = lab.browsers["tea"], lab.wiring.settings.root / "courses" / "ml.toml"
    await reserve(tea)
    file.write_text(file.read_text().replace('"12 GiB"', '"48 GiB"'))
    with caplog.at_level(logging.ERROR, "crepre.gpu"):
        lab.app.gpus.keep()
        lab.app.gpus.keep()
    finding = "courses/ml.toml: profiles/gpu/gpu: asks for 48 GiB of a GPU, and the largest here"
    assert sum(finding in each.message for each in caplog.records) == 1
    page = await look(tea)
    assert "With a GPU asks for 48 GiB of a GPU, and the largest GPU of this lab has 24 GiB" in page
    assert "The profile asks for 48 GiB of a GPU now" in page
    assert finding in await look(lab.browsers["boss"], "/hub/home")
    assert finding not in await look(tea, "/hub/home")
    status, page, _ = await reserve(tea)
    assert (status, 'id="profile_wrong"' in page) == (400, True)
    assert (await reserve(tea, profile="whole", seats="1", starts="13:00", ends="14:00"))[0] == 302
    assert 'value="ml/small"' in await look(lab.browsers["stu"], "/hub/spawn")


async def test_a_profile_that_is_gone_breaks_nothing(lab: CourseLab) -> None:
    """What was kept for it is shown as it was made, and can be cancelled."""
    tea, file = lab.browsers["tea"], lab.wiring.settings.root / "courses" / "ml.toml"
    await reserve(tea)
    (made,) = kept(lab)
    file.write_text(file.read_text().partition("[profiles.gpu]")[0])
    page = await look(tea)
    assert "the profile gpu, which has no GPU any more" in page
    assert "No profile of this course has a GPU." in page
    assert (await reserve(tea))[0] == 400
    assert (await look(lab.browsers["stu"], "/hub/board")).count("3 × 12 GiB") <= 1
    assert (await post(tea, action="cancel", name=made.id))[0] == 302


async def test_two_who_reserve_at_once_cannot_both_have_the_last(lab: CourseLab) -> None:
    """One is told what the other has."""
    answers = await asyncio.gather(
        reserve(lab.browsers["tea"], profile="whole", seats="2"),
        reserve(lab.browsers["tim"], "/hub/course/art/gpus", profile="whole", seats="2"),
    )
    assert sorted(status for status, _, _ in answers) == [302, 400]
    assert len(kept(lab)) == 1


async def test_the_page_is_told_in_norwegian(lab: CourseLab) -> None:
    """Days, mistakes and refusals."""
    tea = lab.browsers["tea"]
    await reserve(tea)
    headers = {"Accept-Language": "nb"}
    async with tea.session.get(f"{tea.base}{PAGE}?week={DAY}", headers=headers) as answer:
        page = unescape(await answer.text())
    assert "3 × With a GPU" in page
    assert "12 GiB av en GPU" in page
    assert "Reserver GPU-er" in page
    for english in ("Week ", "Reserve ", "Seats", "Cancel", "By tea", "today"):
        assert english not in page.partition("<main")[2].partition("</main")[0], english


async def test_the_page_in_a_browser(lab: CourseLab, chromium: Path) -> None:
    """From the course page, without scripts: a mistake, a series, and its end."""
    tea = lab.browsers["tea"]
    async with open_browser(chromium) as browser:
        async with window_of(browser, tea, scripts=False) as page:
            await page.goto("/hub/course/ml")
            await page.get_by_role("link", name="GPUs", exact=True).last.click()
            await page.get_by_label("Seats").fill("2")
            await page.get_by_label("Day").fill(f"{DAY}")
            await page.get_by_label("From").fill("10:15")
            await page.get_by_label("To", exact=True).fill("09:00")
            await page.keyboard.press("Enter")
            await expect(page.get_by_label("To", exact=True)).to_be_focused()
            await page.get_by_label("To", exact=True).fill("12:00")
            await page.get_by_label("Weekly until").fill(f"{DAY + timedelta(weeks=2)}")
            await page.get_by_role("button", name="Reserve").click()
            await expect(page.get_by_role("status")).to_contain_text("3 times in all")
            await page.get_by_role("link", name="Cancel").click()
            await page.get_by_role("button", name="Cancel all 3").click()
            await expect(page.get_by_role("status")).to_contain_text("It is cancelled")
        await reserve(tea)
        await reserve(lab.browsers["tim"], "/hub/course/art/gpus", seats="1", starts="08:15")
        async with window_of(browser, tea) as page:
            await page.goto(f"{PAGE}?week={DAY}&cancel={kept(lab)[-1].id}")
            await looks_right(page)
            await page.get_by_label("Seats").fill("99")
            await page.get_by_label("From").fill("10:15")
            await page.get_by_label("To", exact=True).fill("10:00")
            await page.get_by_role("button", name="Reserve").click()
            await expect(page.get_by_text("not after the beginning")).to_be_visible()
            await looks_right(page)
            await page.set_viewport_size({**PHONE, "width": 360})
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360
