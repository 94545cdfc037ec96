"""The calendar of a week: what stands on which day, and for whose eyes."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.desk.gpu_calendar import Entry, Week, clock_of, monday_of, week
from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.gpu.booking import Request, reserve
from crepre_hub.gpu.gpus import WHOLE, Wish
from crepre_hub.gpu.passing import tick
from crepre_hub.gpu.reservations import FROM_FILE, Interval
from crepre_hub.gpu.rules import MINUTE, Rules
from tests.unit.gpu.books import CARD, GIB, SHARED, book, failing

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = date(2026, 10, 19)
NOW = datetime(2026, 10, 20, 9, tzinfo=OSLO)
EMPTY = book(CARD, SHARED, rules=Rules(zone=OSLO))
ML = Course.model_validate(
    {
        "id": "ml",
        "title": "Machine learning",
        "profiles": {"gpu": {"title": "With a GPU", "gpu": "whole"}},
    }
)
TEACHER = Reader("tea", is_admin=False, staff_of={"ml"}, knows={"ml": "Machine learning"})


def kept(start: str, end: str, **fields: object) -> Request:
    """A reservation of October in Oslo's time, such as ``21 10:15``."""
    hours = [
        datetime.strptime(f"2026-10-{each}", "%Y-%m-%d %H:%M").replace(tzinfo=OSLO)
        for each in (start, end)
    ]
    values = {"series": "hand-1", "course": "ml", "wish": WHOLE, "count": 1, "profile": "gpu"}
    return Request(intervals=(Interval(*hours),), **{**values, **fields})  # type: ignore[arg-type]


def shown(*requests: Request, reader: Reader = TEACHER, course: Course = ML) -> Week:
    """What the page of *course* shows of the week."""
    after = EMPTY
    for each in requests:
        after = reserve(after, each, NOW).book
    assert len({each.series for each in after.reservations.values()}) == len(requests)
    return week(after, NOW, MONDAY, reader, course)


def entries(found: Week) -> dict[int, Entry]:
    return {day.day.day: each for day in found.days for each in day.entries}


def test_an_own_reservation_is_told_in_full() -> None:
    """Profile, number, share, and who made it; today is marked."""
    found = shown(kept("21 10:15", "21 12:00", by="tina", count=2))
    (entry,) = entries(found).values()
    assert (entry.begins, entry.ends, entry.count) == ("10:15", "12:00", 2)
    assert (entry.profile, entry.wish, entry.by) == ("With a GPU", "a whole GPU", "tina")
    assert (entry.note, entry.is_from_file, entry.missing, entry.released) == ("", False, 0, 0)
    assert [day.day.day for day in found.days if day.is_today] == [20]
    assert (found.monday, found.sunday, found.number) == (MONDAY, date(2026, 10, 25), 43)


def test_of_another_course_there_is_neither_name_nor_person() -> None:
    """An admin, who knows all courses, reads its title."""
    other = kept("21 10:15", "21 12:00", course="art", by="tim")
    (entry,) = entries(shown(other)).values()
    assert (entry.course, entry.by, entry.profile, entry.is_own) == (
        "another course", "", "", False,
    )  # fmt: skip
    admin = Reader("boss", is_admin=True, knows={"ml": "Machine learning", "art": "Art"})
    (entry,) = entries(shown(other, reader=admin)).values()
    assert (entry.course, entry.by, entry.is_own) == ("Art", "", False)


def test_a_night_stands_on_both_days() -> None:
    """Each says when it begins and ends, with the day where that is another one."""
    found = entries(shown(kept("21 22:00", "22 01:00")))
    assert [(day, entry.begins, entry.ends) for day, entry in found.items()] == [
        (21, "22:00", "Thu 22 Oct 01:00"),
        (22, "Wed 21 Oct 22:00", "01:00"),
    ]
    assert [*entries(shown(kept("21 22:00", "22 00:00")))] == [21]


def test_the_day_on_which_clocks_change_is_a_day() -> None:
    """Sunday the 25th has 25 hours, and all of them are its own."""
    found = shown(kept("25 00:00", "25 23:59"))
    assert [(day, each.begins, each.ends) for day, each in entries(found).items()] == [
        (25, "00:00", "23:59")
    ]
    assert found.clock == "CEST (UTC+02:00), from 25 October 2026 on CET (UTC+01:00)"
    assert clock_of(OSLO, date(2026, 10, 26)) == "CET (UTC+01:00)"
    assert clock_of(ZoneInfo("UTC"), MONDAY) == "UTC"
    assert clock_of(ZoneInfo("America/Sao_Paulo"), MONDAY) == "UTC-03:00"


@pytest.mark.parametrize(
    ("profiles", "said"),
    [
        ({"cpu": {"title": "Small"}}, "the profile gpu, which has no GPU any more"),
        ({"gpu": {"title": "Small"}}, "the profile gpu, which has no GPU any more"),
        ({"gpu": {"title": "Large", "gpu": "48 GiB"}}, "asks for 48 GiB of a GPU now"),
    ],
)
def test_what_has_become_of_the_profile_is_told(profiles: dict[str, object], said: str) -> None:
    """The reservation is shown as it was made."""
    course = Course.model_validate({"id": "ml", "title": "ML", "profiles": profiles})
    (entry,) = entries(shown(kept("21 10:15", "21 12:00"), course=course)).values()
    assert said in entry.note
    assert entry.wish == "a whole GPU"


def test_what_the_file_asks_for_has_no_such_note() -> None:
    """The lab itself brings it up to date."""
    course = Course.model_validate(
        {"id": "ml", "title": "ML", "profiles": {"gpu": {"title": "Large", "gpu": "48 GiB"}}}
    )
    request = kept("21 10:15", "21 12:00", series=f"{FROM_FILE}ml/1")
    (entry,) = entries(shown(request, course=course)).values()
    assert (entry.is_from_file, entry.note) == (True, "")


def test_places_that_are_lost_or_released_are_counted() -> None:
    """One has no GPU any more; another is everybody's, since nobody came."""
    request = kept("20 10:00", "20 12:00", wish=Wish(24 * GIB), count=2)
    after = failing(reserve(EMPTY, request, NOW).book, "card", NOW).book
    (entry,) = entries(week(after, NOW, MONDAY, TEACHER, ML)).values()
    assert (entry.count, entry.missing, entry.released) == (2, 1, 0)
    late = NOW.replace(hour=10) + 16 * MINUTE
    (entry,) = entries(week(tick(after, late).book, late, MONDAY, TEACHER, ML)).values()
    assert (entry.count, entry.missing, entry.released) == (0, 0, 2)


def test_weeks_begin_on_monday() -> None:
    """Whatever day is asked for."""
    assert {monday_of(date(2026, 10, day)) for day in range(19, 26)} == {MONDAY}
