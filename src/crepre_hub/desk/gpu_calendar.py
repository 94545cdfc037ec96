"""The reservations of a week, as the teachers of one course may see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.desk.gpu_kept import kept_in_files
from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import asked_anew, reserve
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.reservations import Interval, Reservation
from crepre_hub.gpu.rules import Rules
from crepre_hub.profiles.profile import Profile
from crepre_hub.sentences import Sentence, say
from crepre_hub.settings.gpu_problems import too_large
from crepre_hub.units import format_memory

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A reservation on one day of the calendar.

    Attributes:
        course: As the reader may know it.
        profile: Its title; empty where the course has no such profile, or it is another's.
        wish: What each place is worth.
        count: Places that are kept, or wait for a GPU.
        missing: How many of them have no GPU, since one was lost.
        released: Places that nobody came for in time, which are everybody's now.
        begins: A time of day, with the day where that is another one; so is *ends*.
        by: Who made it; empty where nobody knows, or it is another course's.
        note: What has become of the profile since it was made by hand; may be empty.
    """

    id: str
    course: str
    is_own: bool
    is_from_file: bool
    profile: str
    wish: Sentence
    count: int
    missing: int
    released: int
    begins: str
    ends: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Day:
    """One column: a day in the lab's time zone."""

    day: date
    is_today: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """
    Monday to Sunday; what is over is not in the book any more.

    Attributes:
        clock: In which time zone all times are; summer time may begin or end in the week.
    """

    days: tuple[Day, ...]
    clock: str

    @property
    def monday(self) -> date:
        """The first day."""
        return self.days[0].day

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.days[-1].day

    @property
    def number(self) -> int:
        """As calendars count weeks (ISO 8601)."""
        return self.monday.isocalendar().week

    @property
    def is_empty(self) -> bool:
        """Whether nothing is reserved."""
        return not any(day.entries for day in self.days)


def monday_of(day: date) -> date:
    """The Monday of the week that *day* is in."""
    return day - day.weekday() * DAY


def week(book: Book, now: datetime, monday: date, reader: Reader, course: Course) -> Week:
    """The week from *monday* on, for the page of *course*."""
    zone = book.rules.zone
    to_come = (each for each in book.reservations.values() if not each.cancelled)
    kept = sorted(to_come, key=lambda each: (each.interval.start, each.id))
    days = []
    for day in (monday + n * DAY for n in range(7)):
        whole = Interval(_midnight(day, zone), _midnight(day + DAY, zone))
        entries = (
            _entry(each, day, book.rules, reader, course)
            for each in kept
            if each.interval.meets(whole)
        )
        days.append(Day(day, day == now.astimezone(zone).date(), tuple(entries)))
    return Week(tuple(days), clock_of(zone, monday))


def warnings(desk: LendingDesk, course: Course, reader: Reader) -> Iterator[Sentence]:
    """What the course's file asks of the GPUs in vain."""
    book, now = desk.book(), desk.now
    gpus = tuple(book.gpus.values())
    for key in (larger := too_large(course, gpus)):
        yield larger_than_any(course.profiles[key], gpus)
    wanted = kept_in_files([course], book.rules.zone, now)
    for asked in asked_anew(book, wanted, now).values():
        if asked.profile not in larger:
            answer = reserve(book, asked, now, reader.course).answer
            if isinstance(answer, Refused):
                yield say(
                    "The course's file asks for a reservation that cannot be had. %(why)s",
                    why=answer.message,
                )


def larger_than_any(profile: Profile, gpus: Iterable[Gpu]) -> Sentence:
    """That nobody can start *profile*, which asks for more than any of *gpus* has."""
    return say(
        "%(profile)s asks for %(wish)s, and the largest GPU of this lab has %(memory)s. Nobody can"
        " start it until the course's file asks for less.",
        profile=profile.title,
        wish=profile.gpu.said if profile.gpu else "",
        memory=format_memory(max(gpu.memory for gpu in gpus)),
    )


def clock_of(zone: tzinfo, monday: date) -> str:
    """``CET (UTC+01:00)``, and what it becomes where clocks are changed in that week."""
    first = _clock(zone, monday)
    for day in (monday + n * DAY for n in range(1, 7)):
        if (then := _clock(zone, day)) != first:
            return say("%(first)s, from %(day)s on %(then)s", first=first, day=day, then=then)
    return first


def _clock(zone: tzinfo, day: date) -> str:
    noon = datetime.combine(day, time(12), zone)
    name, offset = noon.tzname() or "", f"UTC{noon.isoformat()[-6:]}"
    if not noon.utcoffset():
        return "UTC" if name == "UTC" else f"{name} (UTC)"
    return f"{name} ({offset})" if name.isalpha() else offset


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _entry(each: Reservation, day: date, rules: Rules, reader: Reader, course: Course) -> Entry:
    is_own = each.course == course.id
    profile = course.profiles.get(each.profile) if is_own else None
    return Entry(
        id=each.id,
        course=reader.course(each.course),
        is_own=is_own,
        is_from_file=each.is_from_file,
        profile=profile.title if profile else "",
        wish=each.wish.said,
        count=sum(not place.released for place in each.places),
        missing=sum(not place.gpu and not place.released for place in each.places),
        released=sum(place.released for place in each.places),
        begins=_at(each.interval.start, day, rules),
        ends=_at(each.interval.end, day, rules, before=True),
        by=each.by if is_own else "",
        note=_note(each, course) if is_own and each.profile and not each.is_from_file else "",
    )


def _at(moment: datetime, day: date, rules: Rules, *, before: bool = False) -> str:
    """*moment* as one reads it on *day*; midnight, where something ends, is of the day *before*."""
    belongs = moment - INSTANT if before else moment
    is_here = belongs.astimezone(rules.zone).date() == day
    return rules.clock(moment) if is_here else rules.day(moment)


def _note(each: Reservation, course: Course) -> str:
    profile = course.profiles.get(each.profile)
    if profile is None or profile.gpu is None:
        return say(
            "It was made for the profile %(profile)s, which has no GPU any more.",
            profile=each.profile,
        )
    if profile.gpu != each.wish:
        now = profile.gpu.said
        return say("The profile asks for %(wish)s now: cancel this, and reserve anew.", wish=now)
    return ""
