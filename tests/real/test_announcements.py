"""What a teacher announces reaches a JupyterLab that is open, and goes when it is taken back."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, expect

from tests.labs.browser import Visitor
from tests.labs.lab import Lab

COURSE = """\
title = "Listening <b>closely</b>"
teachers = ["tom-NAME"]
students = ["una-NAME"]
[profiles.small]
title = "Small listening room"
image = "IMAGE"
cpus = 0.5
memory = "512 MiB"
"""
HOSTILE = '<img src=x onerror="document.title = 1"> [here](javascript:alert(1)) **now**'
PATIENCE_MS = 180_000
"""
JupyterLab asks every 15 s and its server asks the hub every 30 s, which is within the minute; a
question that a busy machine answers too late is asked again at the next turn.
"""


async def test_an_announcement_reaches_a_running_lab(
    browser: Browser, docker_lab: Lab, local_lab: Lab
) -> None:
    """Within a minute and as text, of a server in a container and of one in a process."""
    async with asyncio.TaskGroup() as both:  # most of it is waiting
        for lab in (docker_lab, local_lab):
            both.create_task(it_reaches_and_goes(browser, lab))


async def it_reaches_and_goes(browser: Browser, lab: Lab) -> None:
    backend = lab.backend
    file = lab.root / "courses" / "closely.toml"
    image = {"docker": "course-cpu", "local": "minimal"}[backend]  # which this lab has anyway
    file.write_text(COURSE.replace("NAME", backend).replace("IMAGE", image))
    try:
        una = await (await Visitor.arrive(browser, lab, f"una-{backend}")).join()
        await una.choose("Small listening room")
        await una.until_lab()
        tom = await (await Visitor.arrive(browser, lab, f"tom-{backend}")).join()
        await tom.go("/hub/course/closely/announcements")
        await tom.page.get_by_label("What everybody").fill(HOSTILE)
        await tom.page.get_by_role("button", name="Announce").click()
        toast = una.page.locator(".Toastify__toast", has_text="Listening")
        await expect(toast).to_contain_text(f"Listening <b>closely</b>: {HOSTILE}"[:120],
                                            timeout=PATIENCE_MS)  # fmt: skip
        await expect(toast.locator("img, a, b, strong")).to_have_count(0)
        await tom.page.get_by_role("button", name="Take it back").click()
        await expect(toast).to_have_count(0, timeout=PATIENCE_MS)
        for visitor in (una, tom):
            await visitor.leave()
    finally:
        file.unlink()
