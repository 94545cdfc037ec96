"""The first visit: a page of welcome, the course's files, and a server that waits for neither."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.labs.browser import Visitor
from tests.labs.fixtures import People
from tests.labs.git_host import Repository, git_host, public_git_host
from tests.labs.lab import Lab
from tests.labs.student import Student

COURSE = """\
title = "Music & {machines}"
students = ["NAME"]
[profiles.only]
title = "The only notebook"
image = "course-cpu"
cpus = 1
memory = "1 GiB"
[content]
repository = "REPOSITORY"
folder = "music/week 1"
open = "one.ipynb"
"""

NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "first",
                "metadata": {},
                "outputs": [],
                "source": "sum(range(4))",
            }
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)


@dataclass
class Taught:
    """A lab of either kind, and the repository of a course in it."""

    lab: Lab
    repository: Repository
    url: str

    @asynccontextmanager
    async def course(self, name: str, url: str = "") -> AsyncIterator[None]:
        """A course of *name* alone, until the end of the block."""
        file = self.lab.root / "courses" / "taught.toml"
        file.write_text(COURSE.replace("NAME", name).replace("REPOSITORY", url or self.url))
        try:
            yield
        finally:
            file.unlink()


@pytest.fixture
def taught_in_docker(docker_lab: Lab, root: None, tmp_path: Path) -> Iterator[Taught]:
    """The repository is somewhere in the internet, since seats do not reach this machine."""
    with public_git_host(tmp_path) as address:
        yield Taught(docker_lab, Repository(tmp_path / "course", address), f"{address}/course")


@pytest.fixture
def taught_in_local(local_lab: Lab, tmp_path: Path) -> Iterator[Taught]:
    """The repository is on this machine, as the servers are."""
    with git_host(tmp_path) as host:
        repository = host.repository("course")
        yield Taught(local_lab, repository, repository.url)


@pytest.fixture(params=["docker", "local"])
def taught(request: pytest.FixtureRequest) -> Taught:
    """Each kind of lab in turn."""
    found: Taught = request.getfixturevalue(f"taught_in_{request.param}")
    return found


async def test_a_course_is_in_the_home(taught: Taught, person: People) -> None:
    """The page of welcome, the files, the student's own work and what is new the next day."""
    taught.repository.commit({"one.ipynb": NOTEBOOK, "words.txt": "la la\n"})
    name = f"visitor-{taught.lab.backend}"
    async with taught.course(name):
        ada = await person(taught.lab, name)
        await start(ada)
        assert await leads_to(ada) == "/lab/tree/Welcome.md"
        assert "in the folder music/week 1" in await told(ada)
        page = await text_of(ada, "Welcome.md")
        assert "# Welcome to Music & {machines}\n" in page
        assert "*The only notebook*: 1 CPU, 1 GiB at most" in page
        await write(ada, "music/week 1/words.txt", "my words\n")
        taught.repository.commit({"words.txt": "la la la\n", "two.txt": "lesson two\n"})
        status, _ = await ada.server_api("DELETE", "contents/Welcome.md")
        assert status == 204
        await ada.stop()
        await start(ada)
        assert await leads_to(ada) == "/lab/tree/music/week%201/one.ipynb"
        assert "were renewed" in await told(ada)
        assert await text_of(ada, "music/week 1/words.txt") == "my words\n"
        assert await text_of(ada, "music/week 1/two.txt") == "lesson two\n"
        assert (await ada.server_api("GET", "contents/Welcome.md"))[0] == 404
        kernel = await ada.kernel()
        log = await kernel.run("!grep -q merge ~/.local/state/crepre/content.log && echo kept")
        assert log.strip() == "kept"


async def test_a_silent_host_holds_nobody_up(
    local_lab: Lab, person: People, tmp_path: Path
) -> None:
    """While the course's files are still awaited, JupyterLab is open and a cell runs."""
    with git_host(tmp_path) as host:
        repository = host.repository("course")
        repository.commit({"one.ipynb": NOTEBOOK})
        host.silent_while = lambda: True
        async with Taught(local_lab, repository, repository.url).course("patience"):
            eve = await person(local_lab, "patience")
            await start(eve)
            await eve.open_lab()
            kernel = await eve.kernel()
            assert await kernel.run("6 * 7") == "42"
            assert (await notices(eve))["more"] is True
            await eve.stop()


async def test_a_failure_is_a_sentence(docker_lab: Lab, person: People, tmp_path: Path) -> None:
    """A repository that a seat cannot reach, here one on this machine, is told with what to do."""
    with git_host(tmp_path) as host:
        repository = host.repository("course")
        repository.commit({"one.ipynb": NOTEBOOK})
        async with Taught(docker_lab, repository, repository.url).course("nofiles"):
            ned = await person(docker_lab, "nofiles")
            await start(ned)
            await ned.open_lab()
            words = await told(ned)
            assert "127.0.0.1 does not answer" in words
            assert "next start" in words


async def test_the_browser_shows_it(browser: Browser, taught_in_docker: Taught) -> None:
    """The page is rendered, and what the server has to tell stands in a corner of the window."""
    taught = taught_in_docker
    taught.repository.commit({"one.ipynb": NOTEBOOK})
    async with taught.course("seer"):
        visitor = await Visitor.arrive(browser, taught.lab, "seer")
        await visitor.join()
        await visitor.choose("The only notebook")
        toast = visitor.page.locator(
            ".Toastify__toast"
        )  # stays for 10 s, so it is looked for first
        await expect(toast).to_contain_text("in the folder music/week 1")
        heading = visitor.page.locator(".jp-MarkdownViewer h1")
        await expect(heading).to_contain_text("Welcome to Music & {machines}")
        await visitor.page.locator(".jp-MarkdownViewer a", has_text="one.ipynb").click()
        await expect(visitor.page.locator(".jp-Notebook .cm-content").first).to_contain_text("sum")
        await visitor.until_idle()


# --- what the tests above say in one line


async def start(student: Student) -> None:
    """Start a server and visit nothing of it yet."""
    options = {"user_options": {"profile": "taught/only"}}
    status, answer = await student.api("POST", f"users/{student.name}/server", options)
    assert status in (201, 202), answer
    await student.until_ready()


async def leads_to(student: Student) -> str:
    """Where the server's own address leads, below that address."""
    base = student.url(f"/user/{student.name}")
    async with student.http.get(f"{base}/", allow_redirects=False) as answer:
        assert answer.status == 302
        return answer.headers["Location"].removeprefix(f"/user/{student.name}")


async def notices(student: Student) -> dict[str, object]:
    """What the server has to tell now."""
    base = student.url(f"/user/{student.name}")
    async with student.http.get(f"{base}/crepre/notices") as answer:
        assert answer.status == 200
        found: dict[str, object] = await answer.json()
        return found


async def told(student: Student) -> str:
    """All that the server has to tell, once nothing more is under way."""
    await student.open_lab()
    async with asyncio.timeout(120):
        while (found := await notices(student))["more"]:
            await asyncio.sleep(0.2)
    return json.dumps(found["notices"])


async def text_of(student: Student, path: str) -> str:
    """A file of the student's."""
    url = student.url(f"/user/{student.name}/files/{path}")
    async with student.http.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def write(student: Student, path: str, text: str) -> None:
    """Save a file as JupyterLab does."""
    body = {"type": "file", "format": "text", "content": text}
    status, answer = await student.server_api("PUT", f"contents/{path}", body)
    assert status in (200, 201), answer
