"""What a teacher may type to have GPUs kept, and what is said of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crepre_hub.gpu.reservations import Interval
from crepre_hub.hub.reservation_form import Mistakes, Wanted, read_form

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 10, 20, 14, 5, tzinfo=OSLO)
GOOD = {
    "profile": "gpu",
    "seats": "20",
    "day": "2026-10-20",
    "starts": "14:15",
    "ends": "16:00",
    "until": "",
}


def read(**typed: str) -> Wanted | Mistakes:
    return read_form({**GOOD, **typed}, {"gpu"}, NOW)


def test_what_is_typed_is_read_in_the_labs_time() -> None:
    """Once, from and to as clocks in the lab show them."""
    hours = Interval(
        datetime(2026, 10, 20, 12, 15, tzinfo=UTC), datetime(2026, 10, 20, 14, tzinfo=UTC)
    )
    assert read() == Wanted("gpu", 20, (hours,))
    assert read(starts="14.15", ends=" 16:00 ") == Wanted("gpu", 20, (hours,))


def test_a_series_keeps_its_time_when_clocks_are_put_back() -> None:
    """Weekly, up to and including the last day."""
    found = read(until="2026-11-03")
    assert isinstance(found, Wanted)
    assert [each.start.hour for each in found.intervals] == [12, 13, 13]
    assert {f"{each.start.astimezone(OSLO):%a %H:%M}" for each in found.intervals} == {"Tue 14:15"}


def test_midnight_is_the_end_of_the_day() -> None:
    """So that a night is kept by two reservations that touch."""
    evening, morning = read(starts="22:00", ends="00:00"), read(day="2026-10-21", starts="00:00")
    assert isinstance(evening, Wanted)
    assert isinstance(morning, Wanted)
    assert evening.intervals[0].end == morning.intervals[0].start


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"profile": "cpu"}, "profile", "one of the course's profiles with a GPU"),
        ({"seats": ""}, "seats", "a number from 1 to 10000"),
        ({"seats": "0"}, "seats", "a number"),
        ({"seats": "-3"}, "seats", "a number"),
        ({"seats": "10001"}, "seats", "a number"),
        ({"seats": "9" * 80}, "seats", "a number"),
        ({"seats": "²"}, "seats", "a number"),
        ({"day": ""}, "day", "a day like"),
        ({"day": "next week"}, "day", "a day like"),
        ({"day": "2026-10-19"}, "day", "This day is over."),
        ({"day": "2028-10-20"}, "day", "more than a year from now"),
        ({"day": "9999-12-31"}, "day", "more than a year from now"),
        ({"starts": "25:00"}, "starts", "a time like 10:15"),
        ({"starts": "noon"}, "starts", "a time like 10:15"),
        ({"ends": ""}, "ends", "a time like 10:15"),
        ({"ends": "14:15"}, "ends", "not after the beginning"),
        ({"starts": "22:00", "ends": "01:00"}, "ends", "reserve until 00:00, and once more"),
        ({"starts": "10:15", "ends": "12:00"}, "ends", "it is 14:05 in the lab"),
        ({"starts": "10:15", "ends": "14:05"}, "ends", "it is 14:05 in the lab"),
        ({"until": "2026-10-19"}, "until", "before the first day"),
        ({"until": "2027-12-01"}, "until", "more than a year after the first day"),
        ({"until": "Christmas"}, "until", "a day like"),
    ],
)
def test_a_mistake_is_told_by_its_field(typed: dict[str, str], field: str, said: str) -> None:
    """With what to write instead, and nothing is said of the fields that are right."""
    found = read(**typed)
    assert isinstance(found, Mistakes)
    assert [*found.of] == [field]
    assert said in found.of[field]


def test_all_mistakes_are_told_at_once() -> None:
    """An empty form has one for each field that must be filled."""
    found = read_form(dict.fromkeys(GOOD, ""), {"gpu"}, NOW)
    assert isinstance(found, Mistakes)
    assert [*found.of] == ["profile", "seats", "day", "starts", "ends"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": "2027-03-28", "starts": "02:30", "ends": "04:00"}, "starts"),
        ({"day": "2027-03-28", "starts": "01:00", "ends": "02:30"}, "ends"),
        (
            {"day": "2027-03-14", "starts": "02:30", "ends": "03:30", "until": "2027-04-11"},
            "starts",
        ),
    ],
)
def test_an_hour_that_clocks_skip_is_no_time(typed: dict[str, str], field: str) -> None:
    """In whichever week of a series it is; the day is named."""
    found = read(**typed)
    assert isinstance(found, Mistakes)
    assert "On 28 March 2027 clocks are put forward" in found.of[field]


def test_the_hour_that_comes_twice_is_kept_once_from_its_first() -> None:
    """From 02:00 to 03:00 on the day on which clocks are put back are two hours."""
    found = read(day="2026-10-25", starts="02:00", ends="03:00")
    assert isinstance(found, Wanted)
    (hours,) = found.intervals
    assert (hours.end - hours.start).total_seconds() == 2 * 3600
