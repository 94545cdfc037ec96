"""The desks of a lab with four courses, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crepre_hub.desk.desks import CourseDesks
from crepre_hub.settings.live import LiveCourses
from crepre_hub.store.course_stores import CourseStores
from tests.hand_clock import HandClock
from tests.migrated import open_migrated

ISSUER = "https://idp.example"
PROFILE = '\n[profiles.small]\ntitle = "Small"\nimage = "x:1"\n'
COURSES = {
    "by-name": 'title = "N"\nteachers = ["tea"]',
    "by-email": 'title = "E"\nmembers_by = "email"\nstudents = ["Ada@x.no"]',
    "by-id": f'title = "I"\nmembers_by = "id"\nissuer = "{ISSUER}"\nassistants = ["5F"]',
    "by-rule": 'title = "R"\nrules = [{claim = "group:mus", role = "assistant"}]',
}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def desks(tmp_path: Path, clock: HandClock) -> Iterator[CourseDesks]:
    """The desks of a lab with four courses."""
    (tmp_path / "courses").mkdir()
    for name, text in COURSES.items():
        (tmp_path / "courses" / f"{name}.toml").write_text(text + PROFILE)
    engine = open_migrated(f"sqlite:///{tmp_path}/lab.sqlite")
    yield CourseDesks(LiveCourses(tmp_path, images=()), CourseStores.on(engine), clock)
    engine.dispose()
