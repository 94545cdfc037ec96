"""What a teacher typed to have GPUs kept: read, or told what is wrong field by field."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from crepre_hub.courses.gpus import LONGEST
from crepre_hub.gpu.reservations import Interval, weekly
from crepre_hub.sentences import Sentence, say

FIELDS = ("profile", "seats", "day", "starts", "ends", "until")
LONGEST_TEXT = 80
MOST_SEATS = 10_000
MIDNIGHT = time()

_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Wanted:
    """GPUs for *seats* servers of a profile in each of *intervals*, which are in UTC."""

    profile: str
    seats: int
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong, by field."""

    of: Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class _Hours:
    """The first lesson, on the wall, and the last day of its weeks."""

    day: date
    starts: time
    ends: time
    until: date | None

    def lessons(self, zone: tzinfo) -> tuple[Interval, ...]:
        """All of them; a lesson until midnight ends as the next day begins."""
        last = self.day + timedelta(days=1) if self.ends == MIDNIGHT else self.day
        first = Interval(
            datetime.combine(self.day, self.starts, zone), datetime.combine(last, self.ends, zone)
        )
        return tuple(weekly(first, self.until or self.day))


def read_form(
    typed: Mapping[str, str], profiles: Collection[str], here: datetime
) -> Wanted | Mistakes:
    """
    What the form asks for.

    Args:
        typed: A text for each of ``FIELDS``.
        profiles: Those that may be chosen.
        here: The present moment in the lab's time zone, of which all times are.
    """
    form = _Form(typed)
    profile, seats = form.profile(profiles), form.seats()
    day, until = form.day("day"), form.day("until") if typed["until"].strip() else None
    starts, ends = form.time("starts"), form.time("ends")
    if day is None or starts is None or ends is None:
        return Mistakes(form.wrong)
    hours = _Hours(day, starts, ends, until)
    form.judge(hours, here)
    if form.wrong:
        return Mistakes(form.wrong)
    zone = here.tzinfo
    assert zone is not None
    lessons = hours.lessons(zone)
    form.judge_skipped(hours, lessons, zone)
    return Mistakes(form.wrong) if form.wrong else Wanted(profile, seats, lessons)


class _Form:
    """Reads fields; *wrong* holds the first mistake of each."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = {name: typed[name].strip() for name in FIELDS}
        self.wrong: dict[str, Sentence] = {}

    def refuse(self, field: str, why: Sentence) -> None:
        self.wrong.setdefault(field, why)

    def profile(self, among: Collection[str]) -> str:
        chosen = self._typed["profile"]
        if chosen not in among:
            self.refuse("profile", say("Choose one of the course's profiles with a GPU."))
        return chosen

    def seats(self) -> int:
        text = self._typed["seats"]
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if not 1 <= number <= MOST_SEATS:
            self.refuse("seats", say("Write a number from 1 to %(most)s.", most=MOST_SEATS))
        return number

    def day(self, field: str) -> date | None:
        try:
            return date.fromisoformat(self._typed[field])
        except ValueError:
            self.refuse(field, say("Write a day like 2027-02-01."))
            return None

    def time(self, field: str) -> time | None:
        found = _TIME.fullmatch(self._typed[field])
        if found is None:
            self.refuse(field, say("Write a time like 10:15."))
            return None
        return time(int(found[1]), int(found[2]))

    def judge(self, hours: _Hours, here: datetime) -> None:
        """Days and hours in their order, none that is over, none in another year."""
        today, now = here.date(), here.time()
        self._judge_days(hours, today)
        if hours.ends <= hours.starts and hours.ends != MIDNIGHT:
            why = say(
                "This is not after the beginning. For a night, reserve until 00:00, and once more"
                " from 00:00 on the next day."
            )
            self.refuse("ends", why)
        if hours.day == today and MIDNIGHT != hours.ends <= now:
            clock = f"{now:%H:%M}"
            self.refuse("ends", say("This is over: it is %(time)s in the lab.", time=clock))

    def _judge_days(self, hours: _Hours, today: date) -> None:
        if hours.day < today:
            self.refuse("day", say("This day is over. Choose today, or a day to come."))
        if hours.day - today > LONGEST:
            self.refuse("day", say("This is more than a year from now."))
        if hours.until is None:
            return
        if hours.until < hours.day:
            self.refuse("until", say("This is before the first day."))
        if hours.until - hours.day > LONGEST:
            self.refuse("until", say("This is more than a year after the first day."))

    def judge_skipped(self, hours: _Hours, lessons: Collection[Interval], zone: tzinfo) -> None:
        """No clock shows the hour that is left out when summer time begins."""
        for each in lessons:
            moments = (("starts", each.start, hours.starts), ("ends", each.end, hours.ends))
            for field, moment, wanted in moments:
                local = moment.astimezone(zone)
                if local.time() != wanted:
                    why = say(
                        "On %(day)s clocks are put forward, and there is no such time.",
                        day=local.date(),
                    )
                    self.refuse(field, why)
