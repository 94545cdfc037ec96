"""The start page: my courses, my server, my time, and whom I let in. A real hub, mock servers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from jupyterhub import orm

from crepre_hub.courses.invitation import LENGTH
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.hub.runs import note_all
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course
from tests.hub.test_course_pages import enter


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(
        tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu", "tim"],
        more="opens = 2026-01-15\ncloses = 2099-06-15",
    )  # fmt: skip
    write_course(tmp_path, "art", teachers=["tim"], students=["stu"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


async def press(browser: CourseBrowser, action: str, **fields: str) -> tuple[int, str]:
    status, page, _ = await browser.submit("/hub/my", form_at="/hub/home", action=action, **fields)
    return status, page


def invitation_on(page: str) -> str:
    (found,) = re.findall(r'name="invitation" value="(\w+)"', page)
    return str(found)


async def test_the_page_shows_the_readers_own_courses(lab: CourseLab) -> None:
    """Title, role, section, dates and teachers of each; nothing of other people."""
    desk = lab.wiring.desks.rosters
    await lab.newcomer("tea")
    stu = await lab.newcomer("stu")
    me = Key(KeyKind.NAME, "stu")
    desk.add(desk.course("art"), me, role=Role.STUDENT, section="B2")
    lab.look()
    _, page, _ = await stu.get("/hub/home")
    assert re.search(
        r"<strong>Music</strong> \(student\)\s*<br>From 15 January 2026 to 15 June 2099", page
    )
    assert "Teacher: tea" in page
    assert "<strong>Art</strong> (student, B2)" in page
    assert "Teacher: tim" in page
    assert "Courses that you teach" not in page
    new = await lab.newcomer("new")
    assert "My courses" not in (await new.get("/hub/home"))[1]


async def test_without_the_labs_database_the_page_has_the_server_alone(lab: CourseLab) -> None:
    """It says what is missing and that it comes back; the server can still be opened."""
    stu = await lab.newcomer("stu")
    lab.look()
    await lab.started("stu", stu, "music/small")
    with lab.wiring.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE crepre_people RENAME TO crepre_gone")
    try:
        status, page, _ = await stu.get("/hub/home")
    finally:
        with lab.wiring.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE crepre_gone RENAME TO crepre_people")
    assert status == 200
    assert "The lab&#39;s database does not answer." in page
    assert "Open my server" in page
    assert "My courses" not in page


async def test_the_page_tells_and_stops_the_server(lab: CourseLab) -> None:
    """What it runs for and since when; the button works without a script."""
    stu = await lab.newcomer("stu")
    lab.look()
    await lab.started("stu", stu, "music/large")
    _, page, _ = await stu.get("/hub/home")
    assert "<strong>Music · Large</strong>, since" in page
    assert (await press(stu, "stop"))[0] == 302
    for _ in range(100):
        if not lab.app.users["stu"].running:
            break
        _, page, _ = await stu.get("/hub/home")
    assert not lab.app.users["stu"].running
    assert "Your server is not running" in (await stu.get("/hub/home"))[1]
    assert (await press(stu, "stop"))[0] == 302
    assert (await press(stu, "launch-rockets"))[0] == 400


async def test_each_run_is_written_down_once(lab: CourseLab) -> None:
    """From its start to its stop, whoever ends it, and told with its course's title."""
    stu = await lab.newcomer("stu")
    lab.look()
    await lab.started("stu", stu, "music/small")
    note_all(lab.app)
    note_all(lab.app)
    usage = lab.wiring.desks.usage
    (run,) = usage.week_of("stu").latest
    assert (run.course, run.profile, run.stopped_at) == ("music", "small", None)
    await lab.app.users["stu"].stop()
    (run,) = usage.week_of("stu").latest
    assert run.stopped_at is not None
    note_all(lab.app)
    assert usage.week_of("stu").latest == (run,)
    _, page, _ = await stu.get("/hub/home")
    assert "Since Monday your servers have run for 0 min." in page
    assert ": 0 min, Music</li>" in page


async def test_a_guest_enters_for_an_hour_whatever_the_server_runs_for(lab: CourseLab) -> None:
    """Not before, not after the owner took it back; each entry is written down."""
    stu, asa, tea = [await lab.newcomer(name) for name in ("stu", "asa", "tea")]
    lab.look()
    await lab.started("stu", stu, "art/small")
    lab.look()
    assert await enter(asa, "stu") == 403
    status, page = await press(stu, "invite", who="music/asa")
    assert status == 302, page
    assert await enter(asa, "stu") == 302
    assert await enter(tea, "stu") == 403
    (entry,) = lab.wiring.desks.visits.visitors_of("stu")
    assert (entry.visitor, entry.visitor_role, entry.course) == ("asa", "invited", "art")
    _, page, _ = await stu.get("/hub/home")
    assert "<strong>asa</strong> may come in until" in page
    assert "<strong>asa</strong> (invited, Art)" in page
    assert "stu has invited you until" in (await asa.get("/hub/home"))[1]
    assert "stu has invited you" not in (await tea.get("/hub/home"))[1]
    status, _ = await press(stu, "revoke", invitation=invitation_on(page))
    assert status == 302
    assert await enter(asa, "stu") == 403
    assert "has invited you" not in (await asa.get("/hub/home"))[1]
    assert not [role for role in lab.app.db.query(orm.Role) if "guest" in role.name]


async def test_an_invitation_ends_by_itself(lab: CourseLab) -> None:
    """At the next look after its hour, without anybody's doing."""
    stu, asa = await lab.newcomer("stu"), await lab.newcomer("asa")
    lab.look()
    await lab.started("stu", stu, "art/small")
    assert (await press(stu, "invite", who="music/asa"))[0] == 302
    assert await enter(asa, "stu") == 302
    people = lab.wiring.desks.people
    clock = people._clock
    people._clock = lambda: clock() + LENGTH + timedelta(seconds=1)
    lab.look()
    assert await enter(asa, "stu") == 403


async def test_nobody_else_can_be_let_in_and_nobody_elses_invitation_taken_back(
    lab: CourseLab,
) -> None:
    """No fellow student, no staff of another course, nobody by staff; a stranger's is not there."""
    browsers = {name: await lab.newcomer(name) for name in ("stu", "asa", "tea", "tim", "out")}
    await lab.newcomer("boss", admin=True)
    lab.look()
    for actor, who, status in [
        ("stu", "music/tim", 403),  # a fellow student there, though he teaches art
        ("stu", "music/stu", 403),
        ("stu", "music/boss", 403),
        ("stu", "art/asa", 403),
        ("stu", "nowhere/asa", 403),
        ("stu", "music/nobody", 404),
        ("stu", "", 404),
        ("out", "music/asa", 403),
        ("asa", "music/tea", 403),
        ("tim", "music/tea", 403),  # staff of art: whoever is in his server can act as him
    ]:
        assert (await press(browsers[actor], "invite", who=who))[0] == status, (actor, who)
    assert (await press(browsers["stu"], "invite", who="music/asa"))[0] == 302
    own = invitation_on((await browsers["stu"].get("/hub/home"))[1])
    for actor in ("tim", "asa", "out"):
        assert (await press(browsers[actor], "revoke", invitation=own))[0] == 404
    assert [each.id for each in lab.wiring.desks.inviting.by("stu")] == [own]
