"""Courses whose homes may be removed, and are still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import inspect, make_url

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.endings import is_due
from crepre_hub.findings import Finding
from crepre_hub.store.endings import EndStore, PurgeDate
from crepre_hub.store.engine import open_engine
from crepre_hub.store.tables import purge_dates


def look_at_purge_dates(
    url: str, courses: Iterable[str], clock: Clock = utc_now
) -> tuple[PurgeDate, ...]:
    """The days that have come, of *courses*; none where the database is not made yet."""
    file = make_url(url).database or ""
    if url.startswith("sqlite") and not Path(file).exists():
        return ()
    engine = open_engine(url)
    try:
        if not inspect(engine).has_table(purge_dates.name):
            return ()
        return _due(EndStore(engine), frozenset(courses), clock().astimezone().date())
    finally:
        engine.dispose()


def _due(store: EndStore, courses: frozenset[str], today: date) -> tuple[PurgeDate, ...]:
    last = store.last_purges()
    return tuple(
        day
        for course, day in sorted(store.purge_dates().items())
        if course in courses and is_due(day.purge_on, last.get(course), today=today)
    )


def judge_purge_dates(due: tuple[PurgeDate, ...]) -> Iterator[Finding]:
    """Nothing is removed by itself, so somebody has to be told."""
    for day in due:
        text = f"The homes of {day.course} may be removed since {day.purge_on}."
        yield Finding("warning", text, remedy=f"crepre course purge {day.course} --dry-run")
    if not due:
        yield Finding("ok", "No home waits to be removed.")
