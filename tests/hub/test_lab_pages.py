"""Courses, people and problems, for admins of the lab, in a real hub."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from sqlalchemy import Engine, event, insert

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.clock import utc_now
from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.hub.failures import refused
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.identities import IdentityStore
from crepre_hub.store.tables import accounts, people
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEGAN = datetime.now(UTC).astimezone()
"""Not after anybody was seen; midnight may be between that and a look."""

PAGES = ("courses", "people", "problems")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    """An admin, a student at work, and a course that is over; tests leave it as they found it."""
    folder = tmp_path_factory.mktemp("admin")
    write_course(folder, "music", teachers=["tea"], assistants=["asa"], students=["stu", "sue"])
    write_course(folder, "past", more="closes = 2020-01-01")
    async with course_lab_in(folder) as lab:
        names = {"boss": True, "stu": False, "tea": False}
        lab.browsers = {name: await lab.newcomer(name, admin=yes) for name, yes in names.items()}
        lab.look()
        await lab.started("stu", lab.browsers["stu"], "music/small")
        yield lab


async def page(browser: CourseBrowser, path: str, **query: str) -> str:
    """The text of a page, tags and blanks left out."""
    status, text, _ = await browser.get(f"/hub/admin/{path}?{urlencode(query)}")
    assert status == 200, text
    main = text[text.index('<div class="container crepre-page">') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_courses_with_dates_members_and_servers(lab: CourseLab) -> None:
    """One line for each course; its title leads to its page."""
    text = await page(lab.browsers["boss"], "courses")
    for words in ("2 courses.", "1 teacher 1 assistant 2 students 1 running", "closed"):
        assert words in text
    assert "until 1 January 2020" in text
    _, source, _ = await lab.browsers["boss"].get("/hub/admin/courses")
    assert '<a href="/hub/course/music">Music</a>' in source


async def test_a_broken_course_file_is_shown_with_its_line(lab: CourseLab) -> None:
    """Beside the course that goes on, or apart where it is none; both are gone when mended."""
    root = lab.wiring.settings.root / "courses"
    good = (root / "music.toml").read_text()
    (root / "music.toml").write_text(good + "cpus = 1\nmemry = 3\n")
    (root / "new.toml").write_text('title = "New"\nopen = \n')
    text = await page(lab.browsers["boss"], "courses")
    line = good.count("\n") + 2
    assert f"courses/music.toml:{line} profiles/large/memry : unknown setting" in text
    assert "did you mean 'memory'?" in text
    assert "courses/new.toml:2 : is not TOML" in text
    (root / "music.toml").write_text(good)
    (root / "new.toml").unlink()
    assert "courses/" not in (await page(lab.browsers["boss"], "courses")).replace("crepre", "")


async def test_people_with_their_courses_and_servers(lab: CourseLab) -> None:
    """Who vouches, roles, when they were seen, whether a server runs, and what to type."""
    identity = Identity("oidc", "https://i", "77", "odin", email="o@uni.no", display_name="Odin A.")
    IdentityStore(lab.wiring.engine).admit(identity)
    lab.wiring.on_login(identity)
    text = await page(lab.browsers["boss"], "people")
    days = {f"{moment.day} {moment:%b %Y}" for moment in (BEGAN, datetime.now(UTC).astimezone())}
    stu = text[text.index("stu a password") :]
    words = f"stu a password of the lab music student Last seen ({'|'.join(days)})"
    assert re.match(words, stu)
    assert "Open Commands stu crepre user reset stu crepre user disable stu" in stu
    assert "boss admin" in text
    assert "odin Odin A. o@uni.no oidc Commands odin crepre user disable odin" in text
    AccountStore(lab.wiring.engine).disable("odin")
    text = await page(lab.browsers["boss"], "people")
    assert "odin closed Odin A." in text
    assert "crepre user enable odin" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "st"}, {"stu"}),
        ({"q": "ST"}, {"stu"}),
        ({"q": "s u"}, {"stu"}),
        ({"q": "%"}, set()),
        ({"q": "_"}, set()),
        ({"q": "'; drop table crepre_accounts; --"}, set()),
        ({"only": "admins"}, {"boss"}),
        ({"only": "running"}, {"stu"}),
        ({"only": "nonsense", "page": "-1", "q": "tea"}, {"tea"}),
        ({"page": "99999999", "q": "tea"}, {"tea"}),
        ({"page": "9" * 99, "q": "tea"}, {"tea"}),
        ({"q": "x" * 5000}, set()),
        ({"q": '"><script>alert(1)</script>'}, set()),
    ],
)
async def test_people_are_found(lab: CourseLab, query: dict[str, str], found: set[str]) -> None:
    """By parts of what is known of them, whatever is typed; nothing typed is more than text."""
    status, text, _ = await lab.browsers["boss"].get(f"/hub/admin/people?{urlencode(query)}")
    assert status == 200
    assert set(re.findall(r'<th scope="row">(\w+)', text)) == found
    assert "<script>alert" not in text


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(*words: object) -> None:
        asked.append(str(words[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_many_people_come_a_page_at_a_time(lab: CourseLab) -> None:
    """With thousands of them the database is asked as often, and for as much, as with a few."""
    with counted(lab.wiring.engine) as before:
        await page(lab.browsers["boss"], "people")
    now = datetime.now(UTC)
    fresh = {"is_admin": False, "is_disabled": False, "sessions_must_end": False, "created_at": now}
    many = [f"z{number:04}" for number in range(3000)]
    with lab.wiring.engine.begin() as connection:
        connection.execute(insert(accounts), [{"name": name, **fresh} for name in many])
        seen = {"display_name": "Zoë", "seen_at": now}
        connection.execute(insert(people), [{"name": name, **seen} for name in many])
    with counted(lab.wiring.engine) as after:
        first = await page(lab.browsers["boss"], "people")
    assert len(after) == len(before)
    assert first.count("crepre user disable") <= 50
    assert "Page 1 of 61." in first
    last = await page(lab.browsers["boss"], "people", q="z", page="60")
    assert ("z2999" in last, "z2949" in last, "Page 60 of 60." in last) == (True, False, True)
    with lab.wiring.engine.begin() as connection:
        connection.execute(people.delete().where(people.c.name.in_(many)))
        connection.execute(accounts.delete().where(accounts.c.name.in_(many)))


async def test_problems_are_the_doctors_and_the_days(lab: CourseLab) -> None:
    """What the doctor finds in this folder, and each refused start with its code, as text."""
    raised = refused(Refused("not-in-course", "You are not in it.", "Ask."), who="<b>stu</b>")
    text = await page(lab.browsers["boss"], "problems")
    assert "Keeps people from working lab.toml: there is no such file" in text
    assert "crepre init" in text
    assert re.search(r"As of \d\d:\d\d:\d\d\.", text)
    assert f"{raised.code}: start of <b>stu</b> refused: not-in-course" in text
    assert (
        f"{raised.code}: start of &lt;b&gt;stu"
        in ((await lab.browsers["boss"].get("/hub/admin/problems"))[1])
    )


async def test_a_lost_server_is_ended_at_the_second_look_and_told(lab: CourseLab) -> None:
    """One look may come before the hub has written down what it starts; so one ends nothing."""
    backend = lab.wiring.backend
    orphan = Found("c0ffee", Seat("gone"), utc_now() - timedelta(hours=1))
    backend.there = (orphan,)
    await lab.app.servers.look()
    assert backend.there == (orphan,)
    await lab.app.servers.look()
    assert backend.there == ()
    text = await page(lab.browsers["boss"], "problems")
    assert "Ending c0ffee of gone: nobody knows it" in text


async def test_looking_again_is_a_click(lab: CourseLab) -> None:
    """It leads back to the page; without the form's token nothing is done."""
    boss = lab.browsers["boss"]
    status, _, headers = await boss.submit("/hub/admin/problems")
    assert (status, headers["Location"]) == (302, "/hub/admin/problems")
    assert (await boss.post("/hub/admin/problems", {}))[0] == 403


async def test_jupyterhubs_own_page_has_the_same_tabs(lab: CourseLab) -> None:
    """From each of the four pages the others are a click away."""
    for path in ("", "/courses", "/people", "/problems"):
        _, text, _ = await lab.browsers["boss"].get(f"/hub/admin{path}")
        for tab in PAGES:
            assert f'href="/hub/admin/{tab}"' in text


async def test_nobody_else_learns_of_it(lab: CourseLab) -> None:
    """Teachers and students are told that there is no such page; a guest is led to the login."""
    guest = lab.browser()
    for tab in PAGES:
        for name in ("tea", "stu"):
            status, text, _ = await lab.browsers[name].get(f"/hub/admin/{tab}")
            assert (status, "boss" in text) == (404, False)
            assert (await lab.browsers[name].get("/hub/home"))[1].count("/hub/admin/") == 0
        status, _, headers = await guest.get(f"/hub/admin/{tab}")
        assert status == 302
        assert "/hub/login" in headers["Location"]


async def test_no_token_opens_a_page(lab: CourseLab) -> None:
    """Not even an admin's: pages are for browsers, whoever may do what over the REST API."""
    token = lab.app.users["boss"].new_api_token()
    for tab in PAGES:
        headers = {"Authorization": f"token {token}"}
        assert (await lab.browser().get(f"/hub/admin/{tab}", headers=headers))[0] == 302
