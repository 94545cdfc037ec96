"""Pages in the language of whoever reads them, from a real hub."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

NORWEGIAN = {"Accept-Language": "nb-NO,nb;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-GB"}


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", students=["stu"], teachers=["tea"])
    write_course(tmp_path, "past", students=["old"], more="closes = 2020-01-01")
    async with course_lab_in(tmp_path) as running:
        yield running


def language_of(page: str) -> str:
    (found,) = re.findall(r'<html lang="([^"]*)">', page)
    return str(found)


async def choose(browser: CourseBrowser, language: str, back: str) -> tuple[int, str]:
    """Click on a language in the footer of the page *back*."""
    token = await browser.token_of(back)
    form = {"_xsrf": token, "language": language, "next": back}
    status, _, headers = await browser.post("/hub/language", form, headers=ENGLISH)
    return status, headers.get("Location", "")


@pytest.mark.parametrize(
    ("path", "english", "norwegian"),
    [
        ("/hub/home", "Start my server", "Start serveren min"),
        ("/hub/spawn", "What would you like to work with?", "Hva vil du arbeide med?"),
        ("/hub/token", "Tokens for programs", "Nøkler for programmer"),
        ("/hub/token", ">1 week</option>", ">1 uke</option>"),
        ("/hub/password", "Old password", "Gammelt passord"),
        ("/hub/join", "Join code", "Påmeldingskode"),
        ("/hub/join/NOSUCHCODE", "There is no such join code.", "Påmeldingskoden finnes ikke."),
        ("/hub/nowhere", "There is nothing here", "Her er det ingenting"),
        ("/hub/user/stu/", "Your server is not running", "Serveren din kjører ikke"),
    ],
)
async def test_a_page_is_in_the_browsers_language(
    lab: CourseLab, path: str, english: str, norwegian: str
) -> None:
    """Ours and JupyterHub's, errors as well; the page itself says which language it is in."""
    stu = await lab.newcomer("stu")
    for headers, language, shown, hidden in (
        (ENGLISH, "en", english, norwegian),
        (NORWEGIAN, "nb", norwegian, english),
    ):
        _, page, _ = await stu.get(path, headers=headers)
        assert language_of(page) == language
        assert shown in page
        assert hidden not in page
        assert 'name="language"' in page


async def test_a_choice_is_kept_and_leads_back_to_the_page(lab: CourseLab) -> None:
    """Without a script, before and after the login; it counts for more than the browser's."""
    stu = await lab.newcomer("stu")
    assert await choose(stu, "nb", "/hub/join?code=") == (302, "/hub/join?code=")
    _, page, _ = await stu.get("/hub/home", headers=ENGLISH)
    assert (language_of(page), "Start serveren min" in page) == ("nb", True)
    assert re.search(r'value="nb"[^>]*aria-current="true"', page)
    assert await choose(stu, "en", "/hub/home") == (302, "/hub/home")
    assert language_of((await stu.get("/hub/home", headers=NORWEGIAN))[1]) == "en"
    stranger = lab.browser()
    assert await choose(stranger, "nb", "/hub/login") == (302, "/hub/login")
    assert "Logg inn" in (await stranger.get("/hub/login", headers=ENGLISH))[1]


async def test_a_choice_leads_nowhere_else_and_takes_no_nonsense(lab: CourseLab) -> None:
    """No other site, no language that is not there, no form of another page's making."""
    stu = await lab.newcomer("stu")
    token = await stu.token_of("/hub/home")
    for away in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        form = {"_xsrf": token, "language": "nb", "next": away}
        _, _, headers = await stu.post("/hub/language", form)
        assert "evil" not in headers["Location"].removeprefix("/%5Cevil.example")
    status, page, _ = await stu.post("/hub/language", {"_xsrf": token, "language": "../nb"})
    assert (status, "Laben kan ikke dette språket." in page) == (400, True)
    assert (await stu.post("/hub/language", {"language": "nb"}))[0] == 403
    assert (await stu.get("/hub/language"))[2]["Location"] == "/hub/home"


async def test_readers_at_the_same_time_never_mix(lab: CourseLab) -> None:
    """A hundred requests on the same connections, half of them in each language."""
    stu = await lab.newcomer("stu")

    async def read(at: int) -> tuple[str, bool, bool]:
        headers = NORWEGIAN if at % 2 else ENGLISH
        path = ("/hub/home", "/hub/spawn", "/hub/nowhere")[at % 3]
        _, page, _ = await stu.get(path, headers=headers)
        return language_of(page), ">Logg ut<" in page, ">Log out<" in page

    seen = await asyncio.gather(*(read(at) for at in range(100)))
    assert seen == [("nb", True, False) if at % 2 else ("en", False, True) for at in range(100)]


async def test_what_the_rules_say_is_told_to_each_in_their_language(lab: CourseLab) -> None:
    """A refused start, with its date: on the page, and in English to programs and the log."""
    old = await lab.newcomer("old")
    _, page, _ = await old.get("/hub/spawn", headers=NORWEGIAN)
    assert "Emnet Past ble stengt 1. januar 2020." in page
    token = await old.token_of("/hub/password")
    posted = f"/hub/spawn?_xsrf={token}"
    _, page, _ = await old.post(posted, {"profile": "past/small"}, headers=NORWEGIAN)
    assert "Emnet Past ble stengt 1. januar 2020. Spør læreren" in page
    assert re.search(r"\(Kode \w{6}\)", page)
    _, page, _ = await old.post(posted, {"profile": "past/small"}, headers=ENGLISH)
    assert "The course Past closed on 1 January 2020." in page
