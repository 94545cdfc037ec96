"""One's own files, downloaded from a real hub: archives, their parts, and the home as it is."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
import statistics
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from crepre_hub.hub.sending import AT_ONCE
from crepre_hub.store.endings import Archive
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    """People with homes; *stu* has an archive, *big* has much, *none* has nothing at all."""
    folder = tmp_path_factory.mktemp("archives")
    write_course(folder, "music", teachers=["tea"], students=["stu", "bo"])
    for name in ("stu", "bo", "big"):
        (folder / "homes" / name).mkdir(parents=True)
        (folder / "homes" / name / "notes.txt").write_text(f"{name}'s notes")
    (folder / "homes" / "big" / "noise").write_bytes(os.urandom(40_000_000))
    async with course_lab_in(folder) as lab:
        names = ("stu", "bo", "big", "tea", "none", "boss")
        lab.browsers = {name: await lab.newcomer(name, admin=name == "boss") for name in names}
        desk = lab.wiring.ends.archives
        with lab.wiring.ends.folder.alone():
            plan = desk.plan(lab.wiring.desks.rosters.course("music"))
            desk.set_purge_date(plan, by="root")
            desk.make(plan, next(row for row in plan.rows if row.owner == "stu"), by="root")
        yield lab


def archive_of(lab: CourseLab, owner: str) -> Archive:
    return lab.wiring.ends.archives.archives_of(owner)[0]


def content(lab: CourseLab, archive: Archive) -> bytes:
    return (lab.wiring.ends.folder.root / archive.file).read_bytes()


async def raw(
    browser: CourseBrowser, method: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, bytes, dict[str, str]]:
    async with browser.session.request(
        method, f"{browser.base}{path}", headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


async def test_an_archive_is_listed_and_downloaded(lab: CourseLab) -> None:
    """With size, checksum and the day; what comes is what was written, as a file to keep."""
    stu, archive = lab.browsers["stu"], archive_of(lab, "stu")
    status, page, _ = await stu.get("/hub/my/archive")
    assert status == 200
    day = lab.wiring.ends.archives.purge_dates()["music"].purge_on
    for text in ("Music", archive.sha256, f"until {day.day} {day:%B %Y}", "Only you can"):
        assert text in page
    status, body, headers = await raw(stu, "GET", f"/hub/my/archive/{archive.id}")
    assert (status, body) == (200, content(lab, archive))
    assert hashlib.sha256(body).hexdigest() == archive.sha256
    assert headers["Content-Disposition"].startswith('attachment; filename="stu-')
    assert headers["Cache-Control"] == "no-store"
    status, body, headers = await raw(stu, "HEAD", f"/hub/my/archive/{archive.id}")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(archive.size_bytes))


async def test_a_part_that_is_not_there_is_answered_once(
    lab: CourseLab, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where only its size is asked for: nothing breaks behind the answer."""
    stu, archive = lab.browsers["stu"], archive_of(lab, "stu")
    path, beyond = f"/hub/my/archive/{archive.id}", {"Range": f"bytes={archive.size_bytes}-"}
    for method in ("GET", "HEAD"):
        assert (await raw(stu, method, path, beyond))[0] == 416
    await raw(stu, "HEAD", path)
    assert "finish() called twice" not in caplog.text


async def test_a_download_goes_on_where_it_stopped(lab: CourseLab) -> None:
    """By parts, and only while it is the same file."""
    stu, archive = lab.browsers["stu"], archive_of(lab, "stu")
    path, whole = f"/hub/my/archive/{archive.id}", content(lab, archive)
    status, body, headers = await raw(stu, "GET", path, {"Range": "bytes=10-19"})
    assert (status, body) == (206, whole[10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    rest = {"Range": "bytes=20-", "If-Range": headers["Etag"]}
    assert (await raw(stu, "GET", path, rest))[:2] == (206, whole[20:])
    assert (await raw(stu, "GET", path, {**rest, "If-Range": '"old"'}))[:2] == (200, whole)
    status, _, headers = await raw(stu, "GET", path, {"Range": f"bytes={len(whole)}-"})
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(whole)}")


async def test_nobody_else_downloads_it(lab: CourseLab) -> None:
    """No fellow student, no teacher of the course, no admin, and nobody with a token."""
    archive = archive_of(lab, "stu")
    path = f"/hub/my/archive/{archive.id}"
    for name in ("bo", "tea", "boss", "none"):
        for method in ("GET", "HEAD"):
            status, body, _ = await raw(lab.browsers[name], method, path)
            assert (status, archive.sha256.encode() in body) == (404, False), name
        status, page, _ = await lab.browsers[name].get("/hub/my/archive")
        assert (status, archive.sha256 in page) == (200, False), name
    stranger = lab.browser()
    status, _, headers = await raw(stranger, "GET", path)
    assert (status, headers["Location"].split("?")[0]) == (302, "/hub/login")
    token = {"Authorization": f"token {lab.app.users['stu'].new_api_token()}"}
    assert (await raw(stranger, "GET", path, token))[0] == 302


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


async def download(browser: CourseBrowser) -> tuple[int, bytes, dict[str, str]]:
    token = await browser.token_of("/hub/my/archive")
    url = f"{browser.base}/hub/my/archive"
    async with browser.session.post(url, data={"_xsrf": token}) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


async def test_a_home_is_downloaded_as_it_is(lab: CourseLab) -> None:
    """With what was written a moment ago; one's own, whatever the form says, and by a click."""
    home = lab.wiring.settings.root / "homes" / "bo"
    (home / "new.txt").write_text("just now")
    status, body, headers = await download(lab.browsers["bo"])
    assert status == 200
    assert unpacked(body) == {"home/notes.txt": b"bo's notes", "home/new.txt": b"just now"}
    assert headers["Content-Disposition"].startswith('attachment; filename="bo-')
    status, _, _ = await lab.browsers["bo"].post("/hub/my/archive", {})
    assert status == 403


async def test_who_has_no_files_is_told_so(lab: CourseLab) -> None:
    """A sentence on the page, and no empty archive."""
    status, body, headers = await download(lab.browsers["none"])
    assert (status, b"You have no files here yet." in body) == (404, True)
    assert "Content-Disposition" not in headers


def tars_of(lab: CourseLab, name: str) -> list[int]:
    """Processes that pack the home of *name*."""
    mark = f"--directory={lab.wiring.settings.root}/homes/{name}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return found


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(90):
        while not fact():
            await asyncio.sleep(0.05)


async def begun(browser: CourseBrowser) -> aiohttp.ClientResponse:
    """A download of which nobody takes more than the first bytes."""
    token = await browser.token_of("/hub/my/archive")
    answer = await browser.session.post(f"{browser.base}/hub/my/archive", data={"_xsrf": token})
    assert answer.status == 200
    assert await answer.content.readexactly(1000)
    return answer


async def test_a_slow_reader_holds_up_nobody(lab: CourseLab) -> None:
    """The hub answers meanwhile, the home is read no faster, and who goes away leaves nothing."""
    big = lab.browsers["big"]
    answer = await begun(big)
    waits = []
    for _ in range(10):
        asked = time.monotonic()
        assert (await lab.browsers["stu"].get("/hub/health"))[0] == 200
        waits.append(time.monotonic() - asked)
    assert statistics.median(waits) < 0.5  # the machine itself may stand still for a moment
    assert tars_of(lab, "big")
    status, body, _ = await download(big)
    assert (status, b"being packed already" in body) == (429, True)
    assert (await download(lab.browsers["bo"]))[0] == 200
    answer.close()
    await until(lambda: not tars_of(lab, "big"))
    assert len((await download(big))[1]) > 40_000_000


async def test_only_some_homes_are_packed_at_once(lab: CourseLab) -> None:
    """Who comes after is told to come back, and may as soon as one is done."""
    downloads = lab.app.downloads()
    with downloads.turn("a"), downloads.turn("b"):
        with downloads.turn("c"):
            status, body, _ = await download(lab.browsers["bo"])
            assert (status, b"Others are downloading" in body) == (429, True)
        assert (await download(lab.browsers["bo"]))[0] == 200
    assert AT_ONCE == 3


async def test_half_a_home_does_not_look_like_a_whole_one(lab: CourseLab) -> None:
    """Where packing fails on the way the connection breaks, and the browser knows it."""
    answer = await begun(lab.browsers["big"])
    for pid in tars_of(lab, "big"):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()
    await until(lambda: not tars_of(lab, "big"))
