"""Two students, one GPU, in their browsers; the board; and both on a phone and a desktop."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.faults.hub_process import until
from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.fixtures import LabMaker, People
from tests.labs.gpus import COURSE, MORE_OFTEN, book_of, gpus_toml
from tests.labs.lab import Lab

pytestmark = pytest.mark.timeout(420)

GPU = "GPU-00000000-aaaa-bbbb-cccc-000000000000"


@pytest.fixture(scope="module")
def one_gpu_lab(make_lab: LabMaker) -> Lab:
    """A lab with servers in local processes, and one GPU by its word."""
    lab = make_lab("local", more_settings={"gpus": gpus_toml((GPU,))})
    lab.write(COURSE)
    (lab.root / "config.d").mkdir()
    (lab.root / "config.d" / "often.py").write_text(MORE_OFTEN)
    lab.up()
    return lab


async def test_two_students_and_one_gpu(browser: Browser, one_gpu_lab: Lab, person: People) -> None:
    """The second waits, sees place and time; the first stops; the second sees it run and starts."""
    ada = await person(one_gpu_lab, "ada-gpu")
    await ada.start_and_wait("ml/whole")
    bo = await (await Visitor.arrive(browser, one_gpu_lab, "bo-gpu")).join()
    card = bo.page.locator(".crepre-card", has_text="Notebook with a GPU")
    await expect(card).to_contain_text("next at about")
    await looks_right(bo.page)
    await card.click()
    await bo.page.get_by_role("button", name="Start").click()
    await expect(bo.page.locator("#place")).to_have_text("Place 1 of 1")
    await expect(bo.page.locator("#likely")).to_contain_text(re.compile(r"free at about \d\d:\d\d"))
    await looks_right(bo.page)
    await bo.page.reload()
    await expect(bo.page.locator("#place")).to_have_text("Place 1 of 1")

    await ada.stop()
    await expect(bo.page.locator("#countdown")).to_have_text(re.compile(r"[12]:\d\d"))
    before = await bo.page.locator("#countdown").inner_text()
    await expect(bo.page.locator("#countdown")).not_to_have_text(before)
    await looks_right(bo.page)
    await bo.page.get_by_role("button", name="Start now with the GPU").click()
    await bo.until_lab()
    lease = book_of(one_gpu_lab).lease_of(bo.name)
    assert lease is not None
    assert lease.gpu == GPU

    await bo.go("/hub/gpu")
    await expect(bo.page.get_by_role("heading", level=1)).to_contain_text("You have a GPU until")
    await looks_right(bo.page)
    await bo.page.get_by_role("button", name="Renew my time").click()
    await until(lambda: book_of(one_gpu_lab).leases[lease.id].ends > lease.ends)
    await ada.start("ml/whole")
    await the_board(browser, one_gpu_lab, ada.name)
    assert await bo.hub_api("DELETE", f"users/{bo.name}/server") in (202, 204)
    await until(lambda: not book_of(one_gpu_lab).leases)


async def the_board(browser: Browser, lab: Lab, waiting: str) -> None:
    """An admin sees all names, moves the line, takes the GPU out of service and puts it back."""
    boss = await (await Visitor.arrive(browser, lab, "boss-gpu")).join(admin=True)
    await boss.go("/hub/board")
    await expect(boss.page.locator("#live")).to_contain_text("bo-gpu")
    await looks_right(boss.page)
    line = boss.page.locator("#line")
    await line.get_by_role("button", name=f"Put first in the line: {waiting}").click()
    await expect(line).to_contain_text("put first by an admin")
    await looks_right(boss.page)
    await line.get_by_role("button", name=f"Remove {waiting} from the line").click()
    await expect(boss.page.locator("#live")).to_contain_text("Nobody waits.")
    await boss.page.get_by_placeholder("Why").fill("A new fan is on its way.")
    await boss.page.get_by_role("button", name="Take out of service").click()
    await expect(boss.page.locator("#live")).to_contain_text("A new fan is on its way.")
    await looks_right(boss.page)
    await boss.page.get_by_role("button", name="Put into service").click()
    await expect(boss.page.locator("#live")).not_to_contain_text("A new fan is on its way.")
    await boss.leave()


async def test_the_pages_work_without_javascript(
    browser: Browser, one_gpu_lab: Lab, person: People
) -> None:
    """Place, board and the way out of the line are in the page itself, which loads itself anew."""
    ada, bo = await person(one_gpu_lab, "ada-plain"), await person(one_gpu_lab, "bo-plain")
    await ada.start_and_wait("ml/whole")
    _, page = await bo.start("ml/whole")
    assert "Place <strong>1</strong> of 1" in page
    assert '<meta http-equiv="refresh"' in page
    board, _ = await bo.page("/hub/board")
    assert "bo-plain (you)" in board
    assert "A. P." in board
    await ada.stop()
    async with asyncio.timeout(90):  # the hub looks every few moments
        while "Start now with the GPU" not in (await bo.page("/hub/gpu"))[0]:
            await asyncio.sleep(0.2)
