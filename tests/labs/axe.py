"""axe-core, which finds what keeps people with a disability from using a page."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Any

from playwright.async_api import Page, ViewportSize

from crepre_hub.ops.proxy import npm_ci
from tests.labs.browser import ensure_no_internals

SOURCES = Path(__file__).parents[1] / "browser"
FOLDER = Path(__file__).parents[2] / "var" / "machine" / "browser"
GRAVE = ("serious", "critical")
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)


def ensure_axe() -> Path:
    """The script that ``package-lock.json`` names; installed where it is not there yet."""
    lock, installed = SOURCES / "package-lock.json", FOLDER / "package-lock.json"
    script = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    if not (script.exists() and installed.read_bytes() == lock.read_bytes()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            copyfile(SOURCES / name, FOLDER / name)
        npm_ci(FOLDER)
    return script


async def grave_findings(page: Page) -> list[str]:
    """What is seriously or critically wrong on *page*, a line for each element."""
    await page.evaluate(ensure_axe().read_text())
    result: dict[str, Any] = await page.evaluate("axe.run(document)")
    return [
        f"{rule['id']}: {element['html'][:200]} ({element['failureSummary'][:300]})"
        for rule in result["violations"]
        if rule["impact"] in GRAVE
        for element in rule["nodes"]
    ]


async def looks_right(page: Page) -> None:
    """On a desktop in light and a phone in dark: nothing grave, nothing cut off, no internals."""
    await ensure_no_internals(page)
    await page.set_viewport_size(PHONE)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{page.url} is {width} pixels wide on a phone"
    assert await grave_findings(page) == [], page.url
    await page.set_viewport_size(DESKTOP)
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert await grave_findings(page) == [], page.url
