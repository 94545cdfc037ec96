"""
A large course: ``python -m bench.rosters``.

A roster of 2 000 rows read, planned and written; then the course page of 1 000 members, asked of a
real hub at rest. Exit 0 if the goals are reached, 1 if not.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from jupyterhub import orm

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.sheets.roster import read_roster
from crepre_hub.store.rosters import RosterStore
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

ROWS, MEMBERS, TIMES = 2000, 1000, 15
ROSTER_GOAL_SECONDS, PAGE_GOAL_SECONDS = 2.0, 0.2


def roster(section: str) -> bytes:
    """As a spreadsheet in Norway writes it."""
    head = "Etternavn;Fornavn;Brukernavn;E-post;Parti;Rolle\r\n"
    rows = (
        f"Ås{n};Bjørn {n};user{n};user{n}@uio.no;{section}{n % 20};student\r\n" for n in range(ROWS)
    )
    return (head + "".join(rows)).encode("cp1252")


def sync(lab: CourseLab, course: Course, data: bytes) -> int:
    """Read, plan and write; how many places were written."""
    sheet = read_roster(data, key_of=course.key_of, kind=KeyKind.NAME)
    plan = lab.wiring.desks.rosters.plan_sync(course, sheet.people)
    lab.wiring.desks.rosters.apply(plan)
    return len(plan.change.writes)


def timed(call: Callable[[], int]) -> tuple[float, int]:
    """How long *call* took, in seconds, and its answer."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def fill(lab: CourseLab) -> None:
    """The members have logged in; each is a user of the hub."""
    for number in range(MEMBERS):
        lab.app.db.add(orm.User(name=f"user{number}"))
    lab.app.db.commit()
    store = RosterStore(lab.wiring.engine)
    now = datetime.now(UTC)
    mine = [
        Enrolment("large", Key(KeyKind.NAME, f"user{n}"), Role.STUDENT, Origin.HAND, since=now)
        for n in range(MEMBERS)
    ]
    store.write(store.roster("large"), mine)
    lab.look()


async def first_bytes(browser: CourseBrowser, path: str) -> list[float]:
    """Seconds until the first byte of the page's body, each time."""
    found = []
    for _ in range(TIMES):
        start = time.perf_counter()
        async with browser.session.get(browser.base + path) as answer:
            assert answer.status == 200, path
            await answer.content.readany()
            found.append(time.perf_counter() - start)
            await answer.read()
    return found


async def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Figure and goal, in seconds, by what was measured; a goal of 0 is none."""
    write_course(folder, "music")
    write_course(folder, "large", teachers=["tea"])
    async with course_lab_in(folder) as lab:
        course = lab.wiring.desks.rosters.course("music")
        first, joined = timed(partial(sync, lab, course, roster("A")))
        again, changed = timed(partial(sync, lab, course, roster("B")))
        assert (joined, changed) == (ROWS, ROWS)
        fill(lab)
        lab.app.standing.forget()
        look, _ = timed(lambda: lab.look() or 0)
        same, _ = timed(lambda: lab.look() or 0)
        tea = await lab.newcomer("tea")
        pages = await first_bytes(tea, "/hub/course/large")
        return {
            f"roster of {ROWS} rows, everybody joins": (first, ROSTER_GOAL_SECONDS),
            f"roster of {ROWS} rows, everybody changes": (again, ROSTER_GOAL_SECONDS),
            f"course page of {MEMBERS} members, median": (
                statistics.median(pages),
                PAGE_GOAL_SECONDS,
            ),
            f"course page of {MEMBERS} members, slowest of {TIMES}": (max(pages), 0),
            f"groups of {MEMBERS} users, all computed": (look, 0),
            f"groups of {MEMBERS} users, nothing new": (same, 0),
        }


def main() -> None:
    """Measure, print, and say whether the goals are reached."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="crepre-bench-") as folder:
        figures = asyncio.run(measure(Path(folder)))
    for what, (seconds, goal) in figures.items():
        print(
            f"{what:<55} {seconds * 1000:8.0f} ms" + (f"  (goal {goal * 1000:.0f})" if goal else "")
        )
    sys.exit(any(goal and seconds > goal for seconds, goal in figures.values()))


if __name__ == "__main__":
    main()
