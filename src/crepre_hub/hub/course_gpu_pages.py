"""What the page of a course's GPUs may use; nothing else of ours reaches its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from crepre_hub.courses.gpus import LONGEST
from crepre_hub.desk.gpu_calendar import Week, monday_of
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.gpu.rules import Rules
from crepre_hub.hub.course_pages import Frame
from crepre_hub.hub.reservation_form import FIELDS
from crepre_hub.profiles.profile import Profile
from crepre_hub.sentences import Sentence, say, say_number, together

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class ReservationForm:
    """
    The form as it was typed, or empty.

    Attributes:
        typed: By field.
        wrong: Mistakes by field.
        profiles: Those that may be chosen, by id.
        today: The first day that may be chosen; *last* is the last one.
    """

    typed: Mapping[str, str]
    wrong: Mapping[str, Sentence]
    profiles: Mapping[str, Profile]
    today: date
    last: date

    @property
    def first_wrong(self) -> str:
        """The field to look at first; empty where nothing is wrong."""
        return next((name for name in FIELDS if name in self.wrong), "")


@dataclass(frozen=True, slots=True)
class Cancelling:
    """
    A reservation that somebody is about to cancel.

    Attributes:
        left: How many there are in the series that are not over.
    """

    id: str
    when: Sentence
    left: int


@dataclass(frozen=True, slots=True)
class CourseGpusPage:
    """For ``course_gpus.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    has_gpus: bool = field(metadata={"help": "Whether the lab has any."})
    week: Week = field(metadata={"help": "The reservations of the week."})
    earlier: date | None = field(metadata={"help": "A day of the week before, if it is shown."})
    later: date | None = field(metadata={"help": "A day of the week after, if it is shown."})
    form: ReservationForm = field(metadata={"help": "For another reservation."})
    cancelling: Cancelling | None = field(metadata={"help": "What to ask about first."})
    warnings: tuple[Sentence, ...] = field(metadata={"help": "What the file asks in vain."})
    no_show: timedelta = field(metadata={"help": "How long a place is kept for who is late."})
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})


def shown_monday(text: str, today: date) -> date:
    """The Monday of the week of the day in *text*; this week's where that is not to be had."""
    try:
        monday = monday_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return monday_of(today)
    return monday if monday_of(today) <= monday <= last_monday(today) else monday_of(today)


def last_monday(today: date) -> date:
    """The last week that can have something: a series of a year that begins in a year."""
    return monday_of(today + 2 * LONGEST)


def neighbours(monday: date, today: date) -> tuple[date | None, date | None]:
    """The Mondays before and after *monday*, as far as there is something to show."""
    earlier = monday - WEEK if monday > monday_of(today) else None
    return earlier, monday + WEEK if monday < last_monday(today) else None


def reserved(book: Book, series: Iterable[Reservation], profiles: Mapping[str, Profile]) -> str:
    """What was kept just now; empty where there is no such series."""
    kept = sorted(series, key=lambda each: each.interval.start)
    if not kept:
        return ""
    first, last = kept[0], kept[-1]
    profile = profiles.get(first.profile)
    what = say_number(
        "Reserved: %(num)s seat of %(profile)s, %(when)s.",
        "Reserved: %(num)s seats of %(profile)s, %(when)s.",
        len(first.places),
        profile=profile.title if profile else first.wish.said,
        when=when(first, book.rules),
    )
    if len(kept) == 1:
        return what
    more = say_number(
        "%(num)s time in all, at last on %(when)s.",
        "%(num)s times in all, at last on %(when)s.",
        len(kept),
        when=when(last, book.rules),
    )
    return together(what, more)


def when(kept: Reservation, rules: Rules) -> Sentence:
    """``Tue 3 Nov 10:15 to 12:00``, with the day of the end where that is another one."""
    start, end = kept.interval.start, kept.interval.end
    return say("%(start)s to %(end)s", start=rules.day(start), end=rules.end(start, end))
