"""Groups and roles in a real hub: they follow files and rosters, and reach follows the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from jupyterhub import orm

from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
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
