"""One run of a server, from start to stop, and how much of it lies in a week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Run:
    """
    One run of one server. All moments have a time zone.

    Attributes:
        server: Name of the server; empty for the default one.
        course: Id of the course that it ran for; empty where that is not known.
        profile: Id of the profile within the course.
        seen_at: When it was last known to run.
        stopped_at: None while it runs. Of a run whose end nobody saw, it is ``seen_at``.
    """

    owner: str
    server: str
    course: str
    profile: str
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None = None

    @property
    def time(self) -> timedelta:
        """How long it is known to have run."""
        return (self.stopped_at or self.seen_at) - self.started_at

    def time_between(self, begin: datetime, end: datetime) -> timedelta:
        """How long it is known to have run from *begin* until *end*."""
        last = self.stopped_at or self.seen_at
        return max(timedelta(0), min(last, end) - max(self.started_at, begin))


def total(runs: Iterable[Run], begin: datetime, end: datetime) -> timedelta:
    """The time of all *runs* together from *begin* until *end*."""
    return sum((run.time_between(begin, end) for run in runs), timedelta(0))


def monday_of(now: datetime) -> datetime:
    """When the week of *now* began, in the time zone of *now*."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=now.weekday())
