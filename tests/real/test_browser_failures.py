"""What a student reads when a start fails: a sentence, a next step, a code; never a stack trace."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.labs.axe import looks_right
from tests.labs.browser import AT_WORK, Visitor, code_in, ensure_no_internals
from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.machine.engine import Engine

NOTEBOOK = 'image = "minimal"\ncpus = 1\nmemory = "512 MiB"\n'
CHOICES = f"""\
title = "Choices"
students = ["eva"]
[profiles.good]
title = "Good notebook"
{NOTEBOOK}
[profiles.other]
title = "Other notebook"
{NOTEBOOK}
[profiles.missing]
title = "Without software"
image = "no/such:image"
cpus = 1
memory = "512 MiB"
"""
ONE = f"""\
title = "One"
students = ["solo", "away"]
[profiles.only]
title = "The only notebook"
{NOTEBOOK}
"""
SLOW = ONE.replace("One", "Slow").replace("cpus = 1", "cpus = 0.2")
SLOW = SLOW.replace('"solo", "away"', '"patient"')
"""With a fifth of a processor a start takes long enough to be looked at."""
CLOSED = ONE.replace("One", "Closed").replace('"solo", "away"', '"somebody"')

BROKEN_IMAGES = {
    "hog": ["python", "-c", "hoard = b'x' * (2 << 30)"],
    "sleeper": ["sleep", "600"],
}
"""
What the command of an image may do instead of being a server, by who gets it.

Nothing in a home can do that; see ``test_broken_homes.py``.
"""

HASTY = """\
def give_up_soon(spawner):
    if spawner.user.name == "sleeper":
        spawner.start_seconds = 30

c.Spawner.pre_spawn_hook = give_up_soon
"""
"""Starts that should go well have their usual time, however busy the machine is."""

FAILURE = ".spawn-error-msg, #failure-message, [role=alert]"


@pytest.fixture(scope="module")
def failing_lab(
    make_lab: LabMaker,
    docker_engine: Engine,
    base_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab whose way to Docker can be taken away, with little patience for one start."""
    way = tmp_path_factory.mktemp("engine") / "docker.sock"
    way.symlink_to(docker_engine.socket)
    lab = make_lab(
        "docker",
        engine=docker_engine.url,
        socket=f"unix://{way}",
        base=base_image,
    )
    (lab.root / "config.d").mkdir()
    (lab.root / "config.d" / "hasty.py").write_text(HASTY)
    write_courses(lab, ml="", choices=CHOICES, one=ONE, slow=SLOW, closed=CLOSED)
    lab.up()
    with broken_images(lab):
        yield lab


@pytest.fixture
async def visitor(browser: Browser, failing_lab: Lab) -> AsyncIterator[Visitor]:
    """Somebody new to the lab, whose window shows no internals when the test is over."""
    somebody = await Visitor.arrive(browser, failing_lab, "")
    yield somebody
    await ensure_no_internals(somebody.page)


async def test_a_forged_profile_is_refused(visitor: Visitor) -> None:
    """A form that was tampered with starts nothing and leads back to what is on offer."""
    await at_the_cards(visitor, "eva")
    forge = (
        "document.querySelector('[value=\"choices/good\"]').value = 'choices/gpu-of-the-teacher'"
    )
    await visitor.page.evaluate(forge)
    await visitor.choose("Good notebook")
    await refused(visitor, "unknown-profile", "not offered any more")
    await expect(visitor.page.locator("[value='choices/good']")).to_be_checked()


async def test_another_courses_profile_is_refused(visitor: Visitor) -> None:
    """A profile of a course that somebody is not in is refused by the course's name or none."""
    await at_the_cards(visitor, "eva")
    await visitor.page.evaluate(
        "document.querySelector('[value=\"choices/good\"]').value = 'closed/only'"
    )
    await visitor.choose("Good notebook")
    await refused(visitor, "not-in-course", "")


async def test_a_missing_image_is_told_at_once(visitor: Visitor) -> None:
    """A profile whose software is not there says so; the last choice stays preselected."""
    await at_the_cards(visitor, "eva")
    await visitor.choose("Without software")
    await failed(visitor, "image-missing", "is not on the lab's machine yet")
    await expect(visitor.page.locator("[value='choices/missing']")).to_be_checked()
    await visitor.go("/hub/spawn")
    await expect(visitor.page.locator("[value='choices/missing']")).to_be_checked()


async def test_a_profile_that_was_withdrawn_meanwhile_is_refused(visitor: Visitor) -> None:
    """The course file changes under an open page: it is refused, another is preselected."""
    await at_the_cards(visitor, "eva")
    await visitor.page.locator(".crepre-card", has_text="Other notebook").click()
    without = re.sub(r"\[profiles.other\].*?(?=\[)", "", CHOICES, flags=re.DOTALL)
    write_courses(visitor.lab, choices=without)
    await visitor.page.get_by_role("button", name="Start").click()
    await refused(visitor, "unknown-profile", "not offered any more")
    await expect(visitor.page.locator(".crepre-card")).to_have_count(2)
    await expect(visitor.page.locator("input[type=radio]:checked")).to_have_count(1)
    write_courses(visitor.lab, choices=CHOICES)


async def test_whoever_is_in_no_course_is_told_whom_to_ask(visitor: Visitor) -> None:
    """Without a course there is no form and no start button, only what to do."""
    visitor.name = "nobody"
    await visitor.join()
    await expect(visitor.page.locator("#no-course")).to_contain_text("Ask your teacher")
    await expect(visitor.page.get_by_role("button", name="Start")).to_have_count(0)


async def test_one_profile_needs_no_form(visitor: Visitor) -> None:
    """With one thing on offer, logging in is all a student does."""
    visitor.name = "solo"
    await visitor.join()
    await visitor.until_lab()


async def test_a_server_killed_for_memory_says_so(visitor: Visitor) -> None:
    """A start that eats more than the profile's memory ends with that reason."""
    visitor.name = "hog"
    await visitor.join()
    await failed(visitor, "out-of-memory", "needed more memory than its profile has")
    await expect(visitor.page.get_by_role("link", name="Start again")).to_be_visible()


async def test_a_start_that_takes_too_long_says_so(visitor: Visitor) -> None:
    """A server that never answers is given up, and its container is gone."""
    visitor.name = "sleeper"
    await visitor.join()
    await expect(visitor.page.locator('[data-phase="server"]')).to_have_class(re.compile("fw-semi"))
    await looks_right(visitor.page)
    await failed(visitor, "start-timed-out", "took too long to start")
    assert visitor.lab.containers("sleeper") == []
    await looks_right(visitor.page)


async def test_a_start_can_be_cancelled(visitor: Visitor) -> None:
    """Whoever cancels a start is back on the start page, and can start again."""
    visitor.name = "sleeper"
    await visitor.go("/")
    await visitor.log_in()
    await visitor.page.get_by_role("button", name="Cancel the start").click()
    await visitor.page.wait_for_url("**/hub/home")
    heading = visitor.page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("Your server is not running")


async def test_a_start_outlives_its_hub(visitor: Visitor) -> None:
    """A hub that is killed under the pending page comes back; what is left over is in no way."""
    visitor.name = "patient"
    await visitor.join()
    await expect(visitor.page.locator("#phases")).to_be_visible()
    old = visitor.lab.kill("hub")
    visitor.lab.until_hub_is_back(old)
    start = visitor.page.get_by_role("link", name="Start my server")
    await expect(start.or_(visitor.page.locator(AT_WORK).first)).to_be_visible()
    if await start.is_visible():
        await start.click()
    await visitor.until_lab()


async def test_docker_away_is_told_at_once(visitor: Visitor) -> None:
    """With the Docker Engine out of reach a start says that the machine does not answer."""
    visitor.name = "away"
    link = visitor.lab.link_for("away")
    with docker_out_of_reach(visitor.lab):
        await visitor.accept(link)
        await failed(visitor, "docker-unreachable", "is not answering just now")
    await visitor.page.get_by_role("link", name="Start again").click()
    await visitor.until_lab()


# --- what the tests above say in one line


def write_courses(lab: Lab, **courses: str) -> None:
    """Write course files; an empty text removes one."""
    for name, text in courses.items():
        file = lab.root / "courses" / f"{name}.toml"
        file.write_text(text) if text else file.unlink(missing_ok=True)


@contextmanager
def docker_out_of_reach(lab: Lab) -> Iterator[None]:
    """Take away the lab's way to Docker, and with the old hub the connections it kept open."""
    way = Path(lab.socket.removeprefix("unix://"))
    engine = way.readlink()
    way.unlink()
    try:
        lab.until_hub_is_back(lab.kill("hub"))
        yield
    finally:
        way.symlink_to(engine)


@contextmanager
def broken_images(lab: Lab) -> Iterator[None]:
    """Images whose command is no server, each in a course of its own."""
    with lab.docker() as client:
        for name, command in BROKEN_IMAGES.items():
            made = client.containers.create("crepre/minimal:latest", name=f"{lab.id}-{name}")
            made.commit(f"{lab.id}/{name}", "1", changes=f"CMD {json.dumps(command)}")
            made.remove()
            course = ONE.replace("One", name.title()).replace('"solo", "away"', f'"{name}"')
            write_courses(lab, **{name: course.replace('"minimal"', f'"{lab.id}/{name}:1"')})
        try:
            yield
        finally:
            lab.down()  # their containers go first
            for name in BROKEN_IMAGES:
                client.images.remove(f"{lab.id}/{name}:1")


async def at_the_cards(visitor: Visitor, name: str) -> None:
    """On the start page with the cards, as *name*, who may have been here before."""
    visitor.name = name
    if name in visitor.lab.crepre("user", "list"):
        await visitor.go("/")
        await visitor.log_in()
    else:
        await visitor.join()
    await expect(visitor.page.locator(".crepre-card").first).to_be_visible()


async def failed(visitor: Visitor, reason: str, words: str) -> None:
    """The page tells of a failure in *words*, with a code that the log explains."""
    await told(visitor, rf"start of {visitor.name} failed: {reason}: \S", words)


async def refused(visitor: Visitor, reason: str, words: str) -> None:
    """The page tells of a refusal in *words*, with a code that the log explains."""
    await told(visitor, f"start of {visitor.name} refused: {reason}", words)
    assert not visitor.lab.containers(visitor.name)


async def told(visitor: Visitor, logged: str, words: str) -> None:
    """The page's words, and what the log says under their code."""
    box = visitor.page.locator(FAILURE).filter(has_text=re.compile("[Cc]ode ")).first
    await expect(box).to_be_visible()
    text = await box.inner_text()
    assert words in text
    await visitor.lab.until_logged(f"{code_in(text)}: {logged}")
