"""A person at a lab with a browser: pages, clicks and keys."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Locator, Page, async_playwright, expect

from tests.labs.lab import PASSWORD, Lab

FLAGS = (
    "--no-sandbox",  # the tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_SECONDS = 90
"""JupyterLab takes its time in a browser that shares two processors with the lab."""

AT_WORK = ".jp-LauncherCard, .jp-Notebook, .jp-MarkdownViewer"
"""What fills the middle of JupyterLab when it is there to be used."""

TRIES = 3
"""A page goes on by itself once, or twice if it comes by the start page."""

OVERTAKEN = ("interrupted by another navigation", "net::ERR_ABORTED")
"""What Playwright and Chromium say of it."""

_CODE = re.compile(r"[Cc]ode ([2-9A-Z]{6})\b")


@contextmanager
def suppress_interruption() -> Iterator[None]:
    """Pass over the loss of a way that another one took the place of."""
    try:
        yield
    except Error as problem:
        if not any(word in problem.message for word in OVERTAKEN):
            raise


@asynccontextmanager
async def open_browser(chromium: Path) -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=FLAGS, timeout=PATIENCE_SECONDS * 1000
        )
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        yield browser
        await browser.close()


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with open_browser(chromium) as running:
        yield running


class Visitor:
    """Somebody with a browser window of their own, which shares no cookies with others."""

    def __init__(self, lab: Lab, name: str, page: Page) -> None:
        self.lab = lab
        self.name = name
        self.page = page

    @classmethod
    async def arrive(cls, browser: Browser, lab: Lab, name: str) -> Visitor:
        """With an empty window, not logged in."""
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        return cls(lab, name, await context.new_page())

    async def go(self, path: str) -> int:
        """
        Open *path* at the lab; returns the status of the page that is shown in the end.

        A page that waits for a server goes on by itself. Where it does so in the very moment, one
        of the two ways is lost, and *path* is opened once more, as anybody would.
        """
        url = path if path.startswith("http") else f"{self.lab.url}{path}"
        for _ in range(TRIES):
            with suppress_interruption():
                if answer := await self.page.goto(url):
                    return answer.status
        raise AssertionError(f"{TRIES} times on the way elsewhere: {url}")

    async def join(self, *, admin: bool = False) -> Visitor:
        """Make an account and open its one-time link."""
        return await self.accept(self.lab.link_for(self.name, admin=admin))

    async def accept(self, link: str) -> Visitor:
        """Open a one-time link and choose a password, which logs in as well."""
        await self.go(link)
        await self.page.get_by_label("New password", exact=True).fill(PASSWORD)
        await self.page.get_by_label("New password, once more").fill(PASSWORD)
        await self.page.get_by_role("button", name="Save and log in").click()
        await expect(self.page).to_have_url(re.compile(r"/hub/(spawn|home)|/user/"))
        return self

    async def log_in(self) -> None:
        """Fill in the login page that is shown."""
        await self.page.get_by_label("User name").fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Log in").click()

    async def choose(self, title: str) -> None:
        """On the start page, pick the profile called *title* and start."""
        await self.page.locator(".crepre-card", has_text=title).click()
        await self.page.get_by_role("button", name="Start").click()

    async def hub_api(self, method: str, path: str, body: object = None) -> int:
        """The status of a call to the hub's REST API with this browser's cookies and token."""
        cookies = await self.page.context.cookies(f"{self.lab.url}/hub/")
        xsrf = next(each["value"] for each in cookies if each["name"] == "_xsrf")
        url = f"{self.lab.url}/hub/api/{path}"
        answer = await self.page.context.request.fetch(
            url, method=method, params={"_xsrf": xsrf}, data=body
        )
        return answer.status

    async def leave(self) -> None:
        """Close the window."""
        await self.page.context.close()

    # --- JupyterLab

    async def until_lab(self) -> None:
        """Return when JupyterLab is there to be used."""
        # Not ``wait_for_url``, which fails where one way takes the place of another.
        await expect(self.page).to_have_url(re.compile(r"/user/[^/]+/lab"))
        await expect(self.page.locator(AT_WORK).first).to_be_visible()

    async def new_notebook(self) -> None:
        """Click Python in the launcher; back when the kernel is idle."""
        await self._launch('[data-category="Notebook"]')
        await expect(self.page.locator(".jp-Notebook .cm-content").first).to_be_visible()
        await self.until_idle()

    async def new_text_file(self, text: str) -> None:
        """Click Text File in the launcher, and type."""
        await self._launch('[title="Create a new text file"]')
        await self.page.locator(".jp-FileEditor .cm-content").click()
        await self.page.keyboard.insert_text(text)

    async def _launch(self, which: str) -> None:
        """
        Click one card of the launcher, which is opened where another page is in front.

        Its cards come one after the other, those of kernels late; a second launcher stays hidden.
        """
        cards = self.page.locator(".jp-LauncherCard:visible")
        if not await cards.count():  # a page is open, such as that of welcome
            await self.page.keyboard.press("Control+Shift+l")
        await self.page.locator(f".jp-LauncherCard{which}:visible").click()

    async def until_idle(self) -> None:
        """Return when the notebook's kernel has nothing left to do."""
        await expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")

    async def run_cell(self, code: str) -> Locator:
        """Type *code* into the selected cell and press Shift+Enter; returns its output."""
        cells = self.page.locator(".jp-Notebook .jp-CodeCell")
        at = await cells.count() - 1
        await cells.nth(at).locator(".cm-content").click()
        await self.page.keyboard.insert_text(code)
        await self.page.keyboard.press("Shift+Enter")
        await expect(cells).to_have_count(at + 2)
        return cells.nth(at).locator(".jp-Cell-outputArea")

    async def save_as(self, name: str) -> None:
        """Press Ctrl+S, give the new file a name, and wait until nothing is unsaved."""
        await self.page.keyboard.press("Control+s")
        dialog = self.page.locator(".jp-Dialog")
        await dialog.locator("input").first.fill(name)
        await dialog.locator(".jp-mod-accept").click()
        tab = self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current")
        await expect(tab).to_contain_text(name)
        await expect(tab).not_to_have_class(re.compile(r"\bjp-mod-dirty\b"))


def code_in(text: str) -> str:
    """The code that a page of a failure shows."""
    found = _CODE.search(text)
    assert found, f"no code in: {text}"
    return found[1]


async def ensure_no_internals(page: Page) -> None:
    """A student is shown no stack trace, no name of a class, and no words of the machinery."""
    text = await page.locator("body").inner_text()
    for word in (
        "Traceback",
        "Error:",
        "Exception",
        "HTTP 5",
        "HTTP 4",
        "current scopes",
        "Spawn failed",
    ):
        assert word not in text, f"{word} in: {text}"
