"""Groups and roles in a real hub: they follow files and rosters, and reach follows the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from jupyterhub import orm

from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from tests.hub.accounts_lab import free_port
from tests.hub.course_lab import CourseLab, course_lab_in, write_course


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[CourseLab]:
    write_course(tmp_path, "music", teachers=["tea"], assistants=["asa"], students=["stu", "two"])
    write_course(tmp_path, "art", teachers=["tim"], students=["sam", "two"])
    async with course_lab_in(tmp_path) as lab:
        yield lab


def group(lab: CourseLab, name: str) -> set[str]:
    lab.app.db.expire_all()
    found = orm.Group.find(lab.app.db, name)
    return {user.name for user in found.users} if found else set()


async def test_who_logs_in_first_has_their_groups_at_once(lab: CourseLab) -> None:
    """Nobody waits for the next look: groups follow the login."""
    for name in ("tea", "stu", "two"):
        await lab.newcomer(name)
    assert group(lab, "course:music:teachers") == {"tea"}
    assert group(lab, "course:music:reached-by-staff") == {"stu", "two"}
    assert group(lab, "course:art:students") == {"two"}


async def test_roles_that_no_file_has_any_more_vanish(lab: CourseLab, tmp_path: Path) -> None:
    """A course whose file is gone leaves no group and no role in the hub's database."""
    await lab.newcomer("tim")
    assert orm.Role.find(lab.app.db, "course-art-teacher") is not None
    (tmp_path / "courses" / "art.toml").unlink()
    lab.look()
    names = {row.name for kind in (orm.Role, orm.Group) for row in lab.app.db.query(kind)}
    assert not {name for name in names if "art" in name}
    assert "course-music-teacher" in names


async def test_a_roster_counts_at_the_next_look(lab: CourseLab) -> None:
    """Enrolled by hand and removed again, without a restart."""
    await lab.newcomer("new")
    course = lab.wiring.desks.rosters.course("music")
    key = Key(KeyKind.NAME, "new")
    lab.wiring.desks.rosters.add(course, key, role=Role.ASSISTANT)
    lab.look()
    assert group(lab, "course:music:assistants") == {"new"}
    lab.wiring.desks.rosters.remove(course, key)
    lab.look()
    assert group(lab, "course:music:assistants") == set()


async def test_reach_follows_the_course_of_the_running_server(lab: CourseLab) -> None:
    """While a server runs for one course, the staff of the person's other course is kept out."""
    two = await lab.newcomer("two")
    await lab.started("two", two, "art/small")
    assert group(lab, "course:music:reached-by-staff") == set()
    assert group(lab, "course:art:reached-by-staff") == {"two"}
    assert group(lab, "course:music:students") == {"two"}
    await lab.app.users["two"].stop()
    lab.look()
    assert group(lab, "course:music:reached-by-staff") == {"two"}


async def test_a_restarted_hub_knows_what_a_server_runs_for(tmp_path: Path) -> None:
    """The course is in the server's state: reach is the same after a restart as before."""
    write_course(tmp_path, "music", teachers=["tea"], students=["two"])
    write_course(tmp_path, "art", teachers=["tim"], students=["two"])
    port = free_port()
    async with course_lab_in(tmp_path, port=port) as lab:
        await lab.started("two", await lab.newcomer("two"), "art/small")
        lab.keeps_servers = True
    async with course_lab_in(tmp_path, port=port) as lab:
        assert group(lab, "course:music:reached-by-staff") == set()
        assert group(lab, "course:art:reached-by-staff") == {"two"}
        assert lab.app.users["two"].spawner.course == "art"


async def test_a_server_of_which_nothing_is_known_is_reached_by_nobody(lab: CourseLab) -> None:
    """As one is that an older version started."""
    await lab.started("stu", await lab.newcomer("stu"), "music/small")
    lab.app.users["stu"].spawner.course = ""
    lab.app.standing.forget()
    lab.look()
    assert group(lab, "course:music:reached-by-staff") == set()


async def test_while_the_database_is_silent_groups_stay_and_nothing_starts(lab: CourseLab) -> None:
    """A hiccup ends no lesson, and lets nobody in by an older answer."""
    stu = await lab.newcomer("stu")
    with lab.wiring.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE crepre_enrolments RENAME TO crepre_gone")
    lab.app.standing.forget()
    lab.look()
    assert group(lab, "course:music:reached-by-staff") == {"stu"}
    status, page, _ = await stu.get("/hub/spawn")
    assert status == 503
    assert "database does not answer. Wait a minute, then try again." in page
    headers = {"Authorization": f"token {lab.app.users['stu'].new_api_token()}"}
    await stu.post("/hub/api/users/stu/server", "{}", headers=headers)
    spawner = lab.app.users["stu"].spawner
    async with asyncio.timeout(30):
        while spawner.pending:
            await asyncio.sleep(0.1)
    assert not lab.app.users["stu"].running
    assert group(lab, "course:music:reached-by-staff") == {"stu"}
