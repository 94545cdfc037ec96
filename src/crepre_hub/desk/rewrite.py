"""Read a roster, plan, write; and once more where somebody else wrote in between."""

from __future__ import annotations

from collections.abc import Callable

from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.roster import RosterChange
from crepre_hub.errors import Busy
from crepre_hub.store.rosters import RosterStore

TRIES = 20
"""A class that joins at once meets itself often, and each meeting lets one of them through."""

Plan = Callable[[tuple[Enrolment, ...]], RosterChange]


def rewrite(store: RosterStore, course: str, plan: Plan) -> RosterChange:
    """
    Write what *plan* makes of the roster as it is.

    Raises:
        Busy: If somebody else was quicker each time.
    """
    for _ in range(TRIES - 1):
        try:
            return _once(store, course, plan)
        except Busy:
            continue
    return _once(store, course, plan)


def _once(store: RosterStore, course: str, plan: Plan) -> RosterChange:
    roster = store.roster(course)
    change = plan(roster.enrolments)
    if change.writes:
        store.write(roster, change.writes)
    return change
