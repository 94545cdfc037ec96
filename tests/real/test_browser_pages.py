"""Every page, on a phone and on a desktop, in light and dark: nobody is kept out by its looks."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.lab import Lab

SECOND_COURSE = """\
title = "Creative prediction with neural networks: sequence models for text, melodies and images"
open = true
[profiles.p1]
title = "A notebook with a title that does not fit on one line of a phone or of a card"
description = "For the homework of weeks 5 to 9, when the data no longer fits into the small one."
image = "course-cpu"
cpus = 0.5
memory = "512 MiB"
""" + "".join(
    f'[profiles.p{n}]\ntitle = "Notebook {n}"\nimage = "course-cpu"\ncpus = 1\nmemory = "1 GiB"\n'
    for n in range(2, 5)
)


async def test_pages_before_the_login(browser: Browser, docker_lab: Lab) -> None:
    """Login, a wrong password, a spent link, the first password, sign-up refused, nothing there."""
    guest = await Visitor.arrive(browser, docker_lab, "guest-pages")
    for path, status in {"/": 200, "/hub/welcome?code=spent": 403, "/hub/signup": 403}.items():
        assert await guest.go(path) == status
        await looks_right(guest.page)
    await guest.go("/hub/nothing-here")
    await looks_right(guest.page)
    await guest.go(docker_lab.link_for(guest.name))
    await looks_right(guest.page)
    await guest.go("/hub/login")
    await guest.log_in()  # no password was chosen yet
    await expect(guest.page.get_by_role("alert")).to_contain_text("is not right")
    await looks_right(guest.page)


async def test_pages_of_a_student(browser: Browser, docker_lab: Lab) -> None:
    """Cards, an error above them, the start page, password, tokens, and the ways that are shut."""
    ida = await (await Visitor.arrive(browser, docker_lab, "ida-pages")).join()
    await expect(ida.page.locator(".crepre-card")).to_have_count(2)
    for path in ("spawn", "home", "password", "token", "nothing-here", "admin", "user/bo/lab"):
        await ida.go(f"/hub/{path}")
        await looks_right(ida.page)
        await expect(ida.page.get_by_role("link", name="Log out")).to_be_visible()
    await ida.go(f"/user/{ida.name}/lab")
    await expect(ida.page.get_by_role("link", name="Start my server")).to_be_visible()
    await looks_right(ida.page)
    await ida.page.get_by_role("link", name="Start my server").click()
    await expect(ida.page.locator(".crepre-card").first).to_be_visible()
    await ida.page.evaluate("document.querySelector('input:checked').value = 'ml/forged'")
    await ida.page.get_by_role("button", name="Start").click()
    await expect(ida.page.get_by_role("alert")).to_be_visible()
    await looks_right(ida.page)
    await ida.go(f"/user/{ida.name}/lab")
    await expect(ida.page.get_by_role("link", name="Start again")).to_be_visible()
    await looks_right(ida.page)


async def test_cards_of_two_courses(browser: Browser, docker_lab: Lab) -> None:
    """Six profiles of two courses, with long words, stay readable; keys alone can choose."""
    course = docker_lab.root / "courses" / "second.toml"
    course.write_text(SECOND_COURSE)
    try:
        kim = await (await Visitor.arrive(browser, docker_lab, "kim-pages")).join()
        await expect(kim.page.locator(".crepre-card")).to_have_count(6)
        await looks_right(kim.page)
        await keys_choose_a_card(kim.page)
    finally:
        course.unlink()


async def keys_choose_a_card(page: Page) -> None:
    """Tab goes to the chosen card, an arrow to the next one, Tab to the button."""
    await page.locator("input:checked").focus()
    await page.keyboard.press("ArrowDown")
    chosen = page.locator("input:checked")
    await expect(chosen).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Start")).to_be_focused()


async def test_a_form_without_javascript(browser: Browser, docker_lab: Lab) -> None:
    """Logging in, choosing and starting need no script; the pending page still goes on."""
    context = await browser.new_context(java_script_enabled=False)
    lea = Visitor(docker_lab, "lea-pages", await context.new_page())
    await lea.join()
    await lea.choose("Small notebook")
    await lea.page.wait_for_url("**/user/lea-pages/lab**")
    assert await lea.hub_api("DELETE", f"users/{lea.name}/server") in (202, 204)


async def test_pages_around_a_running_server(browser: Browser, docker_lab: Lab) -> None:
    """Pending, running, stopping, stopped: each says what is so, and has one way on."""
    max_ = await (await Visitor.arrive(browser, docker_lab, "max-pages")).join()
    await max_.choose("Small notebook")
    await max_.until_lab()
    assert await asks_about_news(max_) == "false"
    await max_.go("/hub/home")
    await expect(max_.page.get_by_role("link", name="Open my server")).to_be_visible()
    await looks_right(max_.page)
    await max_.page.get_by_role("button", name="Stop my server").click()
    await expect(max_.page.get_by_role("link", name="Start my server")).to_be_visible()


async def asks_about_news(visitor: Visitor) -> str:
    """JupyterLab's setting: "none" asks everybody at their first visit."""
    settings = "lab/api/settings/@jupyterlab/apputils-extension:notification"
    answer = await visitor.page.context.request.get(
        f"{visitor.lab.url}/user/{visitor.name}/{settings}"
    )
    schema = (await answer.json())["schema"]["properties"]
    return str(schema["fetchNews"]["default"])


async def test_the_page_while_the_hub_is_away(browser: Browser, docker_lab: Lab) -> None:
    """The proxy tells that the lab restarts, and the page goes on by itself when it is back."""
    guest = await Visitor.arrive(browser, docker_lab, "guest-pages")
    docker_lab.stop_program("hub")
    try:
        assert await guest.go("/hub/login") == 503
        await expect(guest.page.get_by_role("heading")).to_have_text("The lab is restarting")
        await looks_right(guest.page)
    finally:
        docker_lab.start_program("hub")
    await expect(guest.page.get_by_label("User name")).to_be_visible()


async def test_the_admins_page(browser: Browser, docker_lab: Lab) -> None:
    """A broken course file is told to admins, with the line to mend, and to nobody else."""
    course = docker_lab.root / "courses" / "broken.toml"
    course.write_text('titel = "Typing fast"\n')
    try:
        root = await (await Visitor.arrive(browser, docker_lab, "root-pages")).join(admin=True)
        await root.go("/hub/admin")
        await expect(root.page.locator("#settings-problems")).to_contain_text("did you mean")
        await expect(root.page.get_by_role("button", name="Add Users")).to_be_visible()
        await looks_right(root.page)
        noa = await (await Visitor.arrive(browser, docker_lab, "noa-pages")).join()
        await expect(noa.page.locator("#settings-problems")).to_have_count(0)
    finally:
        course.unlink()
