"""Join links, the course page, and the record of who opened whose server, in a real hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from jupyterhub import orm

from crepre_hub.courses.links import JoinLink
from crepre_hub.desk.joining import plain_code
from crepre_hub.languages.catalogues import moment_in
from crepre_hub.login.people import add_account
from crepre_hub.login.throttle import PER_PAIR
from tests.hub.accounts_lab import PASSWORD
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu"])
    write_course(tmp_path, "past", more="closes = 2020-01-01")
    async with course_lab_in(tmp_path) as lab:
        yield lab


def link_to(
    lab: CourseLab,
    course: str = "music",
    *,
    life: timedelta | None = None,
    seats: int | None = None,
) -> tuple[JoinLink, str]:
    link, code = lab.wiring.desks.joining.make(
        lab.wiring.desks.rosters.course(course), life=life, seats=seats
    )
    return link, code.reveal()


async def join(browser: CourseBrowser, code: str) -> tuple[int, str, dict[str, str]]:
    """Open the link, and click."""
    return await browser.submit(f"/hub/join/{code}")


async def refused(browser: CourseBrowser, code: str) -> tuple[int, str]:
    status, page, _ = await browser.get(f"/hub/join/{code}")
    assert '<form action="/hub/join/' not in page
    return status, page


async def test_somebody_in_no_course_sees_who_they_are_and_where_to_paste_a_code(
    lab: CourseLab,
) -> None:
    """A friendly page, and no way to start anything, not by the REST API either."""
    new = await lab.newcomer("new")
    status, page, _ = await new.get("/hub/spawn")
    assert (status, "<strong>new</strong>" in page, "join-code" in page) == (200, True, True)
    assert "not in any course" in page
    assert "/hub/board" not in page  # this lab has no GPU to look at
    status, page, _ = await new.submit_spawn("music/small")
    assert (status, "not in any course" in page) == (403, True)
    headers = {"Authorization": f"token {lab.app.users['new'].new_api_token()}"}
    status, page, _ = await new.post("/hub/api/users/new/server", "{}", headers=headers)
    assert status == 403
    assert not lab.app.users["new"].running


async def test_a_join_link_makes_a_student_after_a_click(lab: CourseLab) -> None:
    """Looking changes nothing; a click enrols, with the groups at once; then a server starts."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    status, page, headers = await new.get(f"/hub/join/{code}")
    assert (status, "Join Music?" in page) == (200, True)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert lab.wiring.desks.joining.links(lab.wiring.desks.rosters.course("music"))[0].used == 0
    status, _, headers = await join(new, code)
    assert (status, headers["Location"]) == (302, "/hub/spawn")
    group = orm.Group.find(lab.app.db, "course:music:students")
    assert [user.name for user in group.users] == ["new"]
    await lab.started("new", new, "music/small")


async def test_a_join_link_leads_through_the_login(lab: CourseLab) -> None:
    """Whoever is not logged in logs in first, and comes back to the same page."""
    _, code = link_to(lab)
    await lab.newcomer("new")
    browser = lab.browser()
    status, _, headers = await browser.get(f"/hub/join/{code}")
    assert status == 302
    where = headers["Location"]
    assert parse_qs(urlsplit(where).query)["next"] == [f"/hub/join/{code}"]
    token = await browser.token_of(where)
    fields = {"_xsrf": token, "username": "new", "password": PASSWORD}
    status, _, headers = await browser.post(where, fields)
    assert (status, headers["Location"]) == (302, f"/hub/join/{code}")


@pytest.mark.parametrize("form", ["{}", " {} ", "lower", "plain"])
async def test_a_code_may_be_typed_in_any_way(lab: CourseLab, form: str) -> None:
    """Small letters, no hyphens, blanks: the same code."""
    _, code = link_to(lab)
    typed = {"lower": code.lower(), "plain": code.replace("-", " ")}.get(form, form.format(code))
    new = await lab.newcomer("new")
    status, _, headers = await new.get("/hub/join?" + urlencode({"code": typed}))
    assert status == 302
    assert (await new.get(headers["Location"]))[0] == 200


async def test_a_link_that_does_not_work_says_why(lab: CourseLab) -> None:
    """Unknown, expired, revoked, full, a course that is over, already in: a sentence each."""
    new, stu = await lab.newcomer("new"), await lab.newcomer("stu")
    course = lab.wiring.desks.rosters.course("music")
    expired = link_to(lab, life=timedelta(0))[1]
    revoked, revoked_code = link_to(lab)
    lab.wiring.desks.joining.revoke(course, revoked.id)
    full = link_to(lab, seats=1)[1]
    assert (await join(await lab.newcomer("first"), full))[0] == 302
    past = link_to(lab, "past")[1]
    good = link_to(lab)[1]
    expected = [
        (new, "2222-3333-4444-5555-6666", 404, "There is no such join code."),
        (new, expired, 403, "The time of this join link is over."),
        (new, revoked_code, 403, "This join link is not used any more."),
        (new, full, 403, "All seats of this join link are taken."),
        (new, past, 403, "Past closed on 1 January 2020."),
        (stu, good, 403, "You are in Music already, as student."),
    ]
    for browser, code, status, sentence in expected:
        assert await refused(browser, code) == (status, await shown(browser, code))
        assert sentence in await shown(browser, code)
        token = await browser.token_of("/hub/password")
        answer, page, _ = await browser.post(f"/hub/join/{code}", {"_xsrf": token})
        assert (answer, sentence in page) == (status, True)
    assert lab.wiring.desks.joining.links(course)[-1].used == 0


async def shown(browser: CourseBrowser, code: str) -> str:
    return (await browser.get(f"/hub/join/{code}"))[1]


async def test_a_code_is_not_in_the_log(
    lab: CourseLab, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither looked at, nor used, nor wrong: whoever reads the log could join."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    wrong = "2222-3333-4444-5555-6666"
    for each in (code, wrong, plain_code(code)):
        await new.get(f"/hub/join/{each}")
    guest = lab.browser()
    _, _, headers = await guest.get(f"/hub/join/{code}")
    await guest.submit(headers["Location"], username="new", password=PASSWORD)
    await join(new, code)
    assert (await new.post(f"/hub/join/{code}", {}))[0] == 403  # tornado logs what it refuses
    for _ in range(PER_PAIR):
        await new.get(f"/hub/join/{wrong}")
    assert (await new.get(f"/hub/join/{code}"))[0] == 429
    written = caplog.text + capfd.readouterr().err
    assert "/hub/join/[secret]" in written
    assert not [text for text in (code, plain_code(code), wrong) if text in written]


async def test_a_one_time_link_is_not_in_the_log(
    lab: CourseLab, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """While nobody can say whose it is, it is not used up, and would let its reader in later."""
    code = add_account(lab.store, "new").code.reveal()
    with lab.wiring.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE crepre_one_time_links RENAME TO crepre_gone")
    assert (await lab.browser().get(f"/hub/welcome?code={code}&more=1"))[0] == 503
    written = caplog.text + capfd.readouterr().err
    assert "/hub/welcome?code=[secret]&more=1" in written
    assert code not in written


async def test_whoever_joins_while_the_database_goes_away_is_told_when_to_come_back(
    lab: CourseLab,
) -> None:
    """The groups follow by themselves; nobody reads that the lab is broken."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    token = await new.token_of(f"/hub/join/{code}")
    with lab.wiring.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE crepre_invitations RENAME TO crepre_gone")
    status, page, headers = await new.post(f"/hub/join/{code}", {"_xsrf": token})
    assert (status, "Retry-After" in headers) == (503, True), page


async def test_joining_needs_the_form_of_this_browser(lab: CourseLab) -> None:
    """Another site that posts to the link enrols nobody (CVE-2026-40864)."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    for headers in ({}, {"Sec-Fetch-Mode": "no-cors"}, {"Origin": "https://evil.example"}):
        assert (await new.post(f"/hub/join/{code}", {}, headers=headers))[0] == 403
    person = lab.wiring.desks.people.person("new", is_admin=False)
    assert person.enrolments == ()


async def test_a_right_code_takes_no_wrong_one_back(lab: CourseLab) -> None:
    """Looking at it again and again gives nobody more guesses."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    for _ in range(PER_PAIR - 1):
        assert (await new.get("/hub/join/2222-2222-2222-2222-2222"))[0] == 404
        assert (await new.get(f"/hub/join/{code}"))[0] == 200
    statuses = [(await new.get("/hub/join/2222-2222-2222-2222-2222"))[0] for _ in range(2)]
    assert statuses == [404, 429]


async def test_guessing_codes_soon_has_to_wait(lab: CourseLab) -> None:
    """After as many wrong codes as wrong passwords; whoever has a right one is not held up."""
    _, code = link_to(lab)
    new = await lab.newcomer("new")
    wrong = [f"2222-2222-2222-2222-22{n:02}".replace("0", "C").replace("1", "F") for n in range(30)]
    statuses = [(await new.get(f"/hub/join/{each}"))[0] for each in wrong]
    assert statuses == [404] * PER_PAIR + [429] * (30 - PER_PAIR)
    assert (await new.get(f"/hub/join/{code}"))[0] == 429
    other = await lab.newcomer("other")
    for _ in range(PER_PAIR + 2):
        assert (await other.get(f"/hub/join/{code}"))[0] == 200


async def test_seats_are_not_given_twice(lab: CourseLab) -> None:
    """Of ten who click at once, three get the three seats."""
    _, code = link_to(lab, seats=3)
    browsers = [await lab.newcomer(f"new{n}") for n in range(10)]
    answers = await asyncio.gather(*[join_or_not(browser, code) for browser in browsers])
    assert sorted(answers) == [302] * 3 + [403] * 7


async def join_or_not(browser: CourseBrowser, code: str) -> int:
    token = await browser.token_of("/hub/password")
    return (await browser.post(f"/hub/join/{code}", {"_xsrf": token}))[0]


def authorize(user: str) -> str:
    query = {
        "client_id": f"jupyterhub-user-{user}",
        "response_type": "code",
        "redirect_uri": f"/user/{user}/oauth_callback",
        "state": "x",
    }
    return f"/hub/api/oauth2/authorize?{urlencode(query)}"


async def enter(browser: CourseBrowser, user: str) -> int:
    """What a browser does that is sent to the hub by somebody's server; the last status."""
    status, _, _ = await browser.get(authorize(user))
    if status != 200:
        return status
    token = await browser.token_of("/hub/password")
    fields = {"_xsrf": token, "scopes": f"access:servers!server={user}/"}
    return (await browser.post(authorize(user), fields))[0]


async def test_an_entry_of_staff_is_seen_by_the_student(lab: CourseLab) -> None:
    """Who and when, on the start page; the student's own entries are none."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    boss = await lab.newcomer("boss", admin=True)
    await lab.started("stu", stu, "music/small")
    assert await enter(stu, "stu") == 302
    assert "Who opened your server" not in (await stu.get("/hub/home"))[1]
    assert await enter(tea, "stu") == 302
    assert await enter(boss, "stu") == 302
    seen = lab.wiring.desks.visits.visitors_of("stu")
    assert [(each.visitor, each.visitor_role, each.course) for each in seen] == [
        ("boss", "admin", "music"),
        ("tea", "teacher", "music"),
    ]
    _, page, _ = await stu.get("/hub/home")
    assert "Who opened your server" in page
    assert "<strong>tea</strong> (teacher, Music)" in page
    assert moment_in("en", seen[1].at) in page
    assert "Who opened your server" not in (await tea.get("/hub/home"))[1]


async def test_nobody_enters_unseen_because_they_were_there_before(lab: CourseLab) -> None:
    """A new start of the server forgets the visitors' tokens: the next entry is written down."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    await lab.started("stu", stu, "music/small")
    await enter(tea, "stu")
    visitor = lab.app.users["tea"].orm_user
    theirs = {"client_id": "jupyterhub-user-stu", "user_id": visitor.id}
    scopes = ["access:servers!server=stu/"]
    orm.APIToken.new(user=visitor, client_id=theirs["client_id"], scopes=scopes)

    def left() -> list[int]:
        kinds = (orm.APIToken, orm.OAuthCode)
        return [lab.app.db.query(kind).filter_by(**theirs).count() for kind in kinds]

    assert left() == [1, 1]
    await lab.app.users["stu"].stop()
    await lab.started("stu", stu, "music/small")
    assert left() == [0, 0]


async def test_an_entry_that_cannot_be_written_down_does_not_happen(
    lab: CourseLab,
) -> None:
    """While the database does not answer, staff stay outside, and are told to come back."""
    tea, stu = await lab.newcomer("tea"), await lab.newcomer("stu")
    await lab.started("stu", stu, "music/small")
    with lab.wiring.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE crepre_entries RENAME TO crepre_gone")
    assert await enter(tea, "stu") == 503


async def click(browser: CourseBrowser, user: str, action: str, course: str = "music") -> int:
    path = f"/hub/course/{course}"
    token = await browser.token_of("/hub/password")
    return (await browser.post(path, {"_xsrf": token, action: user}))[0]


async def test_one_click_starts_and_one_stops_a_students_server(lab: CourseLab) -> None:
    """For the course whose page it is; the page says what state the server is in."""
    asa, stu = await lab.newcomer("asa"), await lab.newcomer("stu")
    assert 'name="start" value="stu"' in (await asa.get("/hub/course/music"))[1]
    assert await click(asa, "stu", "start") == 302
    await lab.until_running("stu")
    assert lab.app.users["stu"].spawner.course == "music"
    page = (await asa.get("/hub/course/music?done=started"))[1]
    assert 'name="stop" value="stu"' in page
    assert "The server is starting." in page
    assert await click(asa, "stu", "stop") == 302
    assert not lab.app.users["stu"].running
    assert await click(asa, "stu", "dance") == 400
    assert (await stu.get("/hub/course/music"))[0] == 404


async def test_clicks_of_other_sites_do_nothing(lab: CourseLab) -> None:
    """Start and stop need the form of this browser, and a GET changes nothing."""
    asa = await lab.newcomer("asa")
    await lab.newcomer("stu")
    fields = {"start": "stu"}
    assert (await asa.post("/hub/course/music", fields))[0] == 403
    assert (await asa.get("/hub/course/music?" + urlencode(fields)))[0] == 200
    assert not lab.app.users["stu"].active


async def test_members_who_have_not_logged_in_are_on_the_page(lab: CourseLab) -> None:
    """The list of the course is shown as it is written."""
    tea = await lab.newcomer("tea")
    page = (await tea.get("/hub/course/music"))[1]
    assert page.count("has not logged in yet") == 2
    assert "3 members" in page
