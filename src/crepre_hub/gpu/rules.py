"""The lab's numbers for lending GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from crepre_hub.sentences import Sentence, week_time

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What an admin may change; the defaults are the project's.

    Attributes:
        claim_window: How long an offered share is kept for the first in line.
        lapses: How many offers somebody may let pass before the claim leaves the line; after
            each but the last it goes behind all who wait at that moment.
        patience: Whoever has waited this long comes before all who have not, whatever course.
        half_life: After this time, GPU hours of the past count half in the order of courses.
        no_show: A reserved share that nobody of the course holds for so long is released for
            the rest of its interval.
        notices: Before a lease ends, longest first.
        idle: How long a leased GPU may do nothing while others wait, until its holder is told.
        idle_grace: From that notice to the end.
        spread: Take the emptiest GPU instead of the fullest that has room.
        zone: In which sentences tell the time.
    """

    claim_window: timedelta = 3 * MINUTE
    lapses: int = 2
    patience: timedelta = 12 * HOUR
    half_life: timedelta = timedelta(weeks=1)
    no_show: timedelta = 15 * MINUTE
    notices: tuple[timedelta, ...] = (30 * MINUTE, 10 * MINUTE, 2 * MINUTE)
    idle: timedelta = 20 * MINUTE
    idle_grace: timedelta = 10 * MINUTE
    spread: bool = False
    zone: tzinfo = UTC

    def clock(self, moment: datetime) -> str:
        """The time of day in the lab: ``11:40``."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def day(self, moment: datetime) -> Sentence:
        """Day and time in the lab: ``Tue 3 Nov 11:40``."""
        return week_time(moment.astimezone(self.zone))

    def end(self, start: datetime, end: datetime) -> str:
        """The end of what begins at *start*: ``12:00``, with the day where that is another one."""
        is_same = start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return self.clock(end) if is_same else self.day(end)
