"""A day of two students, in the browser, from the lab's address to tomorrow."""

from __future__ import annotations

import json
import re

from playwright.async_api import Browser, Page, expect

from tests.labs.browser import AT_WORK, Visitor
from tests.labs.lab import Lab

CELL = """\
import matplotlib.pyplot as plt
import pandas as pd

melody = pd.DataFrame({"step": range(8), "pitch": [60, 62, 64, 65, 67, 65, 64, 62]})
display(melody.head())
melody.plot(x="step", y="pitch", drawstyle="steps-post", figsize=(5, 2.4))
plt.show()"""

SECRET = "the pitch is 60 62 64"
WORDS = SECRET.split(maxsplit=1)

LOOK_AROUND = f"""\
import socket, subprocess
needle = {WORDS[0]!r} + " " + {WORDS[1]!r}  # in two, so that this cell is not found itself
folders = "/home /mnt /media /srv /tmp /opt /var/lib".split()
found = subprocess.run(["grep", "-rls", needle, *folders], capture_output=True, text=True)
print("files:", found.stdout.split())
def reach(address):
    try:
        return socket.create_connection((address, 8888), timeout=3) and "open"
    except OSError as closed:
        return "shut"
print("network:", reach("ADDRESS"))"""

SEARCH_MS = 300_000
"""The folders hold gigabytes, which a busy disk reads slowly."""


async def test_a_day(browser: Browser, docker_lab: Lab) -> None:
    """What a student made outlives a killed hub and a stopped server; nobody else sees it."""
    ada = await arrive_for_the_first_time(browser, docker_lab, "ada-day")
    await start_from_the_cards(ada)
    await work_and_save(ada)
    await go_on_after_the_hub_was_killed(ada)
    await nobody_else_sees_it(browser, docker_lab, ada)
    await stop_and_start_again(ada)
    await stop_from_home(ada)


async def arrive_for_the_first_time(browser: Browser, lab: Lab, name: str) -> Visitor:
    """The link of the first day; then, as on any other day, the lab's address and the login."""
    first_day = await Visitor.arrive(browser, lab, name)
    await first_day.join()
    await first_day.leave()
    visitor = await Visitor.arrive(browser, lab, name)
    await visitor.go("/")
    await visitor.page.wait_for_url("**/hub/login**")
    await visitor.log_in()
    return visitor


async def start_from_the_cards(ada: Visitor) -> None:
    """Two cards, one of them chosen; a page with the phases; JupyterLab by itself."""
    await expect(ada.page.locator(".crepre-card")).to_have_count(2)
    await expect(ada.page.locator("input[type=radio]:checked")).to_have_count(1)
    await ada.choose("Small notebook")
    phases, inside = ada.page.locator("#phases"), ada.page.locator(AT_WORK).first
    await expect(phases.or_(inside).first).to_be_visible()  # a quick start shows no phases
    await ada.until_lab()


async def work_and_save(ada: Visitor) -> None:
    """A table and a picture come out of a cell, and the notebook is saved under a name."""
    await ada.new_notebook()
    output = await ada.run_cell(CELL)
    await expect_table_and_plot(ada.page)
    await expect(output.locator("th").nth(1)).to_have_text("step")
    await ada.run_cell(f'secret = "{SECRET}"')
    await ada.save_as("melody.ipynb")


async def go_on_after_the_hub_was_killed(ada: Visitor) -> None:
    """In the tab that was open all the time, the next cell knows the variable."""
    old = ada.lab.kill("hub")
    ada.lab.until_hub_is_back(old)
    output = await ada.run_cell("print(len(melody), secret)")
    await expect(output).to_contain_text(f"8 {SECRET}")
    await ada.page.keyboard.press("Control+s")


async def nobody_else_sees_it(browser: Browser, lab: Lab, ada: Visitor) -> None:
    """Another student gets nowhere by address, hub, websocket, file or network."""
    bo = await Visitor.arrive(browser, lab, "bo-day")
    await bo.join()
    kernel = (await json_at(ada, f"/user/{ada.name}/api/kernels"))[0]["id"]
    assert await websocket(ada, ada.name, kernel) == "open"
    await urls_are_shut(bo, ada.name, kernel)
    await bo.go("/hub/spawn")
    await bo.choose("Small notebook")
    await bo.until_lab()
    await urls_are_shut(bo, ada.name, kernel)
    await bo.new_notebook()
    output = await bo.run_cell(LOOK_AROUND.replace("ADDRESS", address_of(lab, ada.name)))
    await expect(output).to_contain_text("network: shut", timeout=SEARCH_MS)
    await expect(output).to_contain_text("files: []")
    await stop_from_home(bo)


async def urls_are_shut(bo: Visitor, name: str, kernel: str) -> None:
    """Every address of somebody else's server, and what the hub knows of them."""
    request = bo.page.context.request
    for path in (
        *("lab", "lab/tree/melody.ipynb", "files/melody.ipynb", "api/contents", "api/kernels"),
        *("api/terminals", "api/sessions", f"api/kernels/{kernel}/channels", "api/status"),
    ):
        answer = await request.get(f"{bo.lab.url}/user/{name}/{path}")
        assert answer.status in (401, 403, 404), f"{path}: {answer.status}"
        assert SECRET not in await answer.text()
    assert await bo.hub_api("GET", f"users/{bo.name}") == 200  # the way that is open
    for path in (f"users/{name}", f"users/{name}/server/progress", f"users/{name}/tokens"):
        assert await bo.hub_api("GET", path) in (403, 404), path
    assert await bo.hub_api("DELETE", f"users/{name}/server") in (403, 404)
    assert await websocket(bo, name, kernel) == "shut"


async def websocket(visitor: Visitor, name: str, kernel: str) -> str:
    """Whether a page of the visitor can open the websocket to somebody's kernel."""
    lab = visitor.lab.url.replace("http", "ws")
    return str(
        await visitor.page.evaluate(
            """url => new Promise(done => {
                const socket = new WebSocket(url);
                socket.onopen = () => { done("open"); socket.close(); };
                socket.onerror = () => done("shut");
            })""",
            f"{lab}/user/{name}/api/kernels/{kernel}/channels",
        )
    )


async def stop_and_start_again(ada: Visitor) -> None:
    """After a stop and a start the notebook is there with its outputs."""
    await stop_from_home(ada)
    await ada.page.get_by_role("link", name="Start my server").click()
    await ada.choose("Small notebook")
    await ada.until_lab()
    await ada.go(f"/user/{ada.name}/lab/tree/melody.ipynb")
    await expect_table_and_plot(ada.page)


async def stop_from_home(visitor: Visitor) -> None:
    """The start page says that the server runs, stops it, and says that it does not."""
    await visitor.go("/hub/home")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(
        "Your server is running"
    )
    await visitor.page.get_by_role("button", name="Stop my server").click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(
        "Your server is not running"
    )


async def expect_table_and_plot(page: Page) -> None:
    """The notebook shows the data frame and the plot."""
    await expect(page.locator(".jp-OutputArea table.dataframe").first).to_be_visible()
    plot = page.locator(".jp-OutputArea img").first
    await expect(plot).to_have_attribute("src", re.compile("^data:image/png"))


async def json_at(visitor: Visitor, path: str) -> list[dict[str, str]]:
    """What an API answers to the browser's own cookies."""
    answer = await visitor.page.context.request.get(f"{visitor.lab.url}{path}")
    found: list[dict[str, str]] = json.loads(await answer.text())
    return found


def address_of(lab: Lab, name: str) -> str:
    """The address of somebody's container on the seats' network."""
    (container,) = lab.containers(name)
    (network,) = container.attrs["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])
