"""A class joins by a link, a teacher opens a student's server, and the student sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.lab import Lab

COURSE = """\
title = "Listening to neural networks"
teachers = ["tia"]
students = ["absent"]
[profiles.small]
title = "Small listening room"
image = "minimal"
"""


@pytest.fixture
def course(local_lab: Lab) -> Iterator[str]:
    """A course of its own, the lab's only one that is for some alone; gone afterwards."""
    file, other = (local_lab.root / "courses" / f"{name}.toml" for name in ("visited", "ml"))
    before = other.read_text()
    other.write_text(before.replace("open = true", "open = false"))
    file.write_text(COURSE)
    yield "visited"
    file.unlink()
    other.write_text(before)


async def confirm(page: Page) -> None:
    """JupyterHub asks before it lets somebody into another person's server."""
    await page.get_by_role("button", name="Allow it").click()


async def test_a_teacher_visits_a_student(browser: Browser, local_lab: Lab, course: str) -> None:
    """From the link to the record of the visit, each page looked at."""
    sol = await (await Visitor.arrive(browser, local_lab, "sol")).join()
    link = local_lab.crepre("roster", "join-link", course, "--seats", "2").split()[0]
    await sol.go("/hub/join/2222-2222-2222-2222-2222")
    await expect(sol.page.get_by_role("alert")).to_contain_text("There is no such join code.")
    await looks_right(sol.page)
    await sol.go("/hub/spawn")
    await expect(sol.page.locator("#no-course")).to_contain_text("You are logged in as sol.")
    await looks_right(sol.page)
    await sol.page.get_by_label("A join code").fill(link.rpartition("/")[2].lower())
    await sol.page.get_by_role("button", name="Join a course").click()
    await expect(sol.page.get_by_role("heading")).to_contain_text("Join Listening")
    await looks_right(sol.page)
    await sol.page.get_by_role("button", name="Join the course").click()
    await sol.until_lab()

    tia = await (await Visitor.arrive(browser, local_lab, "tia")).join()
    await tia.go("/hub/home")
    await looks_right(tia.page)
    await tia.page.get_by_role("link", name="Listening to neural networks").click()
    await expect(tia.page.get_by_role("row")).to_have_count(4)
    await looks_right(tia.page)
    await tia.page.get_by_role("link", name="Open sol").click()
    await confirm(tia.page)
    await tia.until_lab()
    assert "/user/sol/" in tia.page.url

    await sol.go("/hub/home")
    await expect(sol.page.locator("#visitors")).to_contain_text(
        "tia (teacher, Listening to neural networks)"
    )
    await looks_right(sol.page)
    assert await sol.go(f"/hub/course/{course}") == 404
    await tia.go(f"/hub/course/{course}")
    await tia.page.get_by_role("button", name="Stop sol").click()
    await expect(tia.page.get_by_role("status")).to_contain_text("The server is stopping.")
    for visitor in (sol, tia):
        await visitor.leave()
