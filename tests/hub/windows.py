"""A real browser in which somebody of a course lab is logged in already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page

from tests.hub.course_lab import CourseBrowser
from tests.labs.axe import DESKTOP
from tests.labs.browser import PATIENCE_SECONDS


@asynccontextmanager
async def window_of(
    browser: Browser, person: CourseBrowser, *, scripts: bool = True
) -> AsyncIterator[Page]:
    """A window with the cookies of *person*; its addresses begin at the lab."""
    context = await browser.new_context(
        base_url=person.base, viewport=DESKTOP, java_script_enabled=scripts
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    await context.add_cookies(
        [
            {"name": each.key, "value": each.value, "domain": "127.0.0.1", "path": each["path"]}
            for each in person.session.cookie_jar
        ]
    )
    yield await context.new_page()
    await context.close()
