"""The day on which homes may go, where nobody has set one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.purges import PurgeDesk
from tests.contract.course_desks import PROFILE


@pytest.mark.parametrize(
    ("closes", "day"),
    [("2026-06-01", date(2026, 6, 1) + timedelta(days=90)), ("9999-12-31", date.max)],
)
def test_homes_are_kept_from_the_last_day_on(
    desks: CourseDesks, tmp_path: Path, closes: str, day: date
) -> None:
    """As long as the course says, also where its last day is the last that there is."""
    nobody: Any = None
    desk = PurgeDesk(
        people=desks.people, archives=nobody, store=desks.stores.ends, backend=nobody,
        admins=frozenset, clock=desks.clock,
    )  # fmt: skip
    file = tmp_path / "courses" / "by-name.toml"
    file.write_text(f'title = "N"\ncloses = {closes}\n{PROFILE}')
    assert desk.purge_day(desks.rosters.course("by-name")) == day
