"""What was typed over the dates of courses outlives the process that wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from crepre_hub.courses.switch import Switch
from crepre_hub.store.terms import TermStore

CLOSED = Switch(
    "music", False, datetime(2026, 10, 1, 12, tzinfo=UTC), "root", "exam", date(2026, 9, 1), None
)


def test_the_last_switch_of_each_course_is_kept(engine: Engine) -> None:
    """As it was written, one for each course; taking one back leaves the others."""
    store = TermStore(engine)
    store.put(CLOSED)
    store.put(replace(CLOSED, course="art"))
    store.put(replace(CLOSED, is_open=True, reason=""))
    assert TermStore(engine).switches() == {
        "music": replace(CLOSED, is_open=True, reason=""),
        "art": replace(CLOSED, course="art"),
    }
    store.remove("music")
    store.remove("music")
    assert store.switches().keys() == {"art"}
