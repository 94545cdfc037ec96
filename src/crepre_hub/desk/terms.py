"""Opening and closing a course by hand."""

from __future__ import annotations

from crepre_hub.clock import Clock
from crepre_hub.courses.course import Course
from crepre_hub.courses.switch import Switch
from crepre_hub.store.terms import TermStore


class TermDesk:
    """Writes what admins say over the dates of files; methods may raise ``StoreUnreachable``."""

    def __init__(self, store: TermStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def last_switch(self, course: Course) -> Switch | None:
        """What was typed last, also where new dates in the file have ended it."""
        return self._store.switches().get(course.id)

    def plan(self, course: Course, *, is_open: bool, by: str, reason: str) -> Switch:
        """What would be written; the switch that counts already, where it says no less."""
        before = self.last_switch(course)
        new = Switch(
            course.id, is_open, self._clock(), by, reason, opens=course.opens, closes=course.closes
        )
        if before is None or not before.counts(opens=course.opens, closes=course.closes):
            return new
        return before if before.is_open is is_open and reason in ("", before.reason) else new

    def apply(self, switch: Switch) -> None:
        """Let *switch* count from now on; may be repeated."""
        self._store.put(switch)

    def follow_dates(self, course: Course) -> Switch | None:
        """Let the dates of the file count again; what was taken back, if anything."""
        before = self.last_switch(course)
        self._store.remove(course.id)
        return before
