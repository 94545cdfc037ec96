"""The end of a term, in containers and in local processes: closed, archived, fetched, removed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.labs.axe import looks_right
from tests.labs.browser import Visitor
from tests.labs.fixtures import People
from tests.labs.lab import COURSE, Lab
from tests.labs.student import Student, xsrf_in


def today() -> str:
    """By the lab's clock; the tests may have begun yesterday."""
    return str(datetime.now(UTC).astimezone().date())


@pytest.fixture
def course(lab: Lab) -> Iterator[str]:
    """A course of its own with two students; one of them is in another course as well."""
    yield from course_in(lab, '["eva", "odd"]')


def course_in(lab: Lab, students: str) -> Iterator[str]:
    image = "course-cpu" if lab.backend == "docker" else "minimal"
    text = COURSE.replace("open = true", f"students = {students}").replace("minimal", image)
    files = [lab.root / "courses" / f"{name}.toml" for name in ("ending", "lasting")]
    files[0].write_text(text)
    files[1].write_text(text.replace(students, '["odd"]'))
    yield "ending"
    for file in files:
        file.unlink()


def crepre_json(lab: Lab, *words: str) -> Any:
    """What a command says to a program; what it says to people comes behind that."""
    return json.JSONDecoder().raw_decode(lab.crepre(*words, "--json"))[0]


async def save(student: Student, name: str, text: str) -> None:
    await student.open_lab()
    file = {"type": "file", "format": "text", "content": text}
    status, _ = await student.server_api("PUT", f"contents/{name}", file)
    assert status in (200, 201)


async def fetch(student: Student, path: str) -> tuple[int, bytes]:
    async with student.http.get(student.url(path)) as answer:
        return answer.status, await answer.read()


async def fetch_home(student: Student) -> tuple[int, bytes]:
    page, _ = await student.page("/hub/my/archive")
    url, form = student.url("/hub/my/archive"), {"_xsrf": xsrf_in(page)}
    async with student.http.post(url, data=form) as answer:
        return answer.status, await answer.read()


def read(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile(f"home/{name}")
        assert file is not None
        return file.read()


@contextlib.contextmanager
def container_with(lab: Lab, volume: str) -> Iterator[str]:
    """The name of a container, not the lab's, that has *volume* and never runs."""
    with lab.docker() as client:
        binds = {volume: {"bind": "/there", "mode": "ro"}}
        container = client.containers.create("crepre/guard", "true", volumes=binds)
        try:
            yield container.name
        finally:
            container.remove()


def folders_of(lab: Lab, course: str) -> set[str]:
    """The folders of *course* that are there."""
    folders = crepre_json(lab, "course", "show", course)["folders"]
    return {name for name, each in folders.items() if each["size_bytes"] is not None}


async def test_a_term_ends(lab: Lab, course: str, person: People) -> None:
    """Each home comes to its owner whole, and only what nobody needs is gone for good."""
    eva, odd = await person(lab, "eva"), await person(lab, "odd")
    for student in (eva, odd):
        await student.start_and_wait(f"{course}/small")
        await save(student, "song.txt", f"{student.name}: la la")
    status, home = await fetch_home(eva)
    assert (status, read(home, "song.txt")) == (200, b"eva: la la")

    plan = crepre_json(lab, "course", "close", course, "--stop", "--reason", "Exam", "--dry-run")
    assert {each["user"] for each in plan["servers"]} == {"eva", "odd"}
    lab.crepre("course", "close", course, "--stop", "--reason", "The exam is over")
    for student in (eva, odd):
        await student.until_stopped()
    status, page = await eva.start(f"{course}/small")
    assert (status, "is closed: The exam is over." in page) == (403, True)

    done = crepre_json(lab, "course", "archive", course, "--stop", "--purge-on", today())
    assert [each["owner"] for each in done["made"]] == ["eva", "odd"]
    assert done["failed"] == []
    assert crepre_json(lab, "course", "archive", course)["made"] == []
    mine = next(each for each in done["made"] if each["owner"] == "eva")
    page, _ = await eva.page("/hub/my/archive")
    number = page.partition("/hub/my/archive/")[2].partition('"')[0]
    status, archive = await fetch(eva, f"/hub/my/archive/{number}")
    assert (status, hashlib.sha256(archive).hexdigest()) == (200, mine["sha256"])
    assert read(archive, "song.txt") == b"eva: la la"
    assert (await fetch(odd, f"/hub/my/archive/{number}"))[0] == 404

    await odd.start_and_wait("lasting/small")
    plan = crepre_json(lab, "course", "purge", course, "--dry-run")
    assert {each["owner"]: each["goes"] for each in plan["homes"]} == {"eva": True, "odd": False}
    assert {each["name"]: each["goes"] for each in plan["folders"]} == {
        "data": True,
        "shared": True,
    }
    with contextlib.ExitStack() as undo:
        if lab.backend == "docker":
            holder = undo.enter_context(container_with(lab, f"{lab.id}-shared-{course}"))
            said = lab.crepre("course", "purge", course, "--yes", course, ok=False)
            assert f"A container has the folders of {course}: {holder}." in said
            assert folders_of(lab, course) == {"data", "shared"}
    lab.crepre("course", "purge", course, "--yes", course)
    assert folders_of(lab, course) == set()
    removed = [each["owner"] for each in crepre_json(lab, "course", "show", course)["removed"]]
    assert removed == ["eva", None]
    status, page = await fetch_home(eva)
    assert (status, b"You have no files here yet." in page) == (404, True)
    assert read((await fetch_home(odd))[1], "song.txt") == b"odd: la la"
    assert (await fetch(eva, f"/hub/my/archive/{number}"))[1] == archive
    lab.crepre("course", "dates", course)


async def test_the_page_of_archives(browser: Browser, local_lab: Lab, tmp_path: Path) -> None:
    """Empty and with archives, at both widths; a click brings a file."""
    homes = local_lab.root / "var" / "homes"
    for course in course_in(local_lab, '["ida"]'):
        ida = await (await Visitor.arrive(browser, local_lab, "ida")).join()
        await ida.go("/hub/home")
        await ida.page.get_by_role("link", name="Download my files").click()
        await ida.page.get_by_role("button", name="Download my home now").click()
        await expect(ida.page.get_by_role("alert")).to_contain_text("You have no files here yet.")
        await looks_right(ida.page)
        home = homes / f"{local_lab.id}-home-ida"
        home.mkdir(parents=True, exist_ok=True)
        (home / "song.txt").write_text("la la")
        local_lab.crepre("course", "archive", course)
        await ida.go("/hub/my/archive")
        await ida.page.get_by_text("Checksum").click()
        await looks_right(ida.page)
        async with ida.page.expect_download() as coming:
            await ida.page.get_by_role("link", name="Download the archive of").click()
        await (await coming.value).save_as(tmp_path / "archive")
        assert read((tmp_path / "archive").read_bytes(), "song.txt") == b"la la"
        async with ida.page.expect_download() as coming:
            await ida.page.get_by_role("button", name="Download my home now").click()
        await (await coming.value).save_as(tmp_path / "home")
        assert read((tmp_path / "home").read_bytes(), "song.txt") == b"la la"
        await ida.leave()
