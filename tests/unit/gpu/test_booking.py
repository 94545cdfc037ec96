"""Reservations: kept, refused with what is in the way, released when nobody comes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.booking import Request, asked_anew, bring_back, cancel, reserve
from crepre_hub.gpu.claims import Source
from crepre_hub.gpu.events import NoShowReleased, ReservationShort, StaysForLesson
from crepre_hub.gpu.gpus import WHOLE, Gpu, Wish
from crepre_hub.gpu.inventory import drain, inventory
from crepre_hub.gpu.lending import give_back
from crepre_hub.gpu.passing import tick
from crepre_hub.gpu.reservations import FROM_FILE, Interval, is_skipped, is_twice, weekly
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from tests.unit.gpu.books import CARD, GIB, NINE, SHARED, ask, book, failing, keep, wanted

TEN, NOON = NINE + HOUR, NINE + 3 * HOUR


def test_a_lesson_has_its_places_and_others_wait() -> None:
    """In its interval a place goes to its course, as long as the lesson lasts."""
    before = tick(keep(book(CARD), TEN, NOON, course="art").book, TEN).book
    before = ask(before, wanted("bo"), at=TEN).book
    after = ask(before, wanted("ada", course="art", length=HOUR), at=TEN + MINUTE).book
    lease = after.lease_of("ada")
    assert lease is not None
    assert (lease.ends, lease.source) == (NOON, Source.LESSON)
    assert after.claims["bo"].offer is None


def test_a_no_show_releases_after_a_quarter_of_an_hour() -> None:
    """An empty place is everybody's from then on; a filled one stays."""
    before = keep(book(CARD, SHARED), TEN, NOON, course="art", count=2).book
    before = ask(before, wanted("ada", course="art"), wanted("bo"), at=TEN).book
    assert tick(before, TEN + 14 * MINUTE).book.claims["bo"].offer is None
    change = tick(before, TEN + 15 * MINUTE)
    [released] = [event for event in change.events if isinstance(event, NoShowReleased)]
    assert released.places == 1
    assert change.book.claims["bo"].offer is not None


def test_a_place_given_back_in_the_lesson_waits_a_while() -> None:
    """Whose server breaks in a lesson finds the place again."""
    before = ask(
        keep(book(CARD), TEN, NOON, course="art").book, wanted("ada", course="art"), at=TEN
    )
    free = give_back(before.book, "ada", TEN + HOUR).book
    again = ask(free, wanted("ada", course="art"), at=TEN + HOUR + 10 * MINUTE).book
    assert again.leases["ada"].reservation == "lesson/0"


def test_who_is_early_stays() -> None:
    """A lease that ends when its own course's lesson begins on its GPU goes on with it."""
    before = keep(book(CARD), TEN, NOON, course="art").book
    before = ask(before, wanted("ada", course="art")).book
    assert before.leases["ada"].ends == TEN
    change = tick(before, TEN)
    assert any(isinstance(event, StaysForLesson) for event in change.events)
    assert change.book.leases["ada"].ends == NOON


@pytest.mark.parametrize(
    ("start", "end", "granted"),
    [
        (TEN, NOON, False),
        (NINE, TEN, True),
        (NOON, NOON + HOUR, True),
        (NOON - MINUTE, NOON + HOUR, False),
        (TEN + MINUTE, NOON - MINUTE, False),
    ],
)
def test_an_overlap_is_refused_with_what_it_overlaps(
    start: datetime, end: datetime, granted: bool
) -> None:
    """Two lessons may touch, and not overlap; the refusal names the other."""
    before = keep(book(CARD), TEN, NOON, course="art").book
    answer = keep(before, start, end, series="two").answer
    assert isinstance(answer, Granted) is granted
    if isinstance(answer, Refused):
        assert "art has 1 from Tue 1 Sep 10:00 until 12:00" in answer.message


def test_a_lease_that_runs_on_is_in_the_way() -> None:
    """What is lent already is not promised to a lesson."""
    before = ask(book(CARD), wanted("ada")).book
    answer = keep(before, TEN, NOON).answer
    assert isinstance(answer, Refused)
    assert "one is lent until Tue 1 Sep 11:0" in answer.message


def test_a_term_is_kept_whole_or_not_at_all() -> None:
    """If one week of it overlaps, no week is kept, and the refusal says which."""
    before = keep(book(CARD), TEN, NOON).book
    weeks = (Interval(NOON, NOON + HOUR), Interval(TEN, NOON))
    change = reserve(before, Request("term", "art", WHOLE, 1, weeks), NINE)
    assert isinstance(change.answer, Refused)
    assert change.book is before


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("lesson", "ml", WHOLE, 1, (Interval(NOON, NOON + HOUR),)), "reservation-known"),
        (Request("b", "ml", WHOLE, 0, (Interval(NOON, NOON + HOUR),)), "reservation-empty"),
        (Request("b", "ml", WHOLE, 1, ()), "reservation-empty"),
        (Request("b", "ml", WHOLE, 1, (Interval(NOON, TEN),)), "interval-empty"),
        (Request("b", "ml", WHOLE, 1, (Interval(NINE - HOUR, NINE),)), "interval-past"),
        (Request("b", "ml", WHOLE, 2, (Interval(NOON, NOON + HOUR),)), "overlap"),
        (Request("b", "ml", Wish(48 * GIB), 1, (Interval(NOON, NOON + HOUR),)), "overlap"),
    ],
)
def test_what_is_no_reservation(request_: Request, reason: str) -> None:
    """Each mistake has its label."""
    before = keep(book(CARD), TEN, NOON).book
    answer = reserve(before, request_, NINE).answer
    assert answer.reason == reason


@pytest.mark.parametrize(
    ("wall", "skipped", "twice"),
    [
        ("2026-03-29 01:59", False, False),
        ("2026-03-29 02:00", True, False),
        ("2026-03-29 02:59", True, False),
        ("2026-03-29 03:00", False, False),
        ("2026-10-25 01:59", False, False),
        ("2026-10-25 02:00", False, True),
        ("2026-10-25 02:59", False, True),
        ("2026-10-25 03:00", False, False),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_hours_that_clocks_skip_or_show_twice(
    wall: str, skipped: bool, twice: bool, fold: int
) -> None:
    """From the change on, up to but not at its end; in UTC there are none."""
    here = datetime.fromisoformat(wall).replace(fold=fold)
    oslo = here.replace(tzinfo=ZoneInfo("Europe/Oslo"))
    assert (is_skipped(oslo), is_twice(oslo)) == (skipped, twice)
    utc = here.replace(tzinfo=UTC)
    assert (is_skipped(utc), is_twice(utc)) == (False, False)


def test_what_is_cancelled_of_a_file_can_be_brought_back() -> None:
    """As much as it was, where there is room still; by hand it is gone for good."""
    asked = Request(f"{FROM_FILE}ml/1", "ml", WHOLE, 2, (Interval(TEN, NOON),), "gpu")
    before = reserve(book(CARD, SHARED), asked, NINE).book
    gone = cancel(before, f"{FROM_FILE}ml/1/0", NINE).book
    assert asked_anew(gone, {asked.series: asked}, NINE) == {}
    assert isinstance(cancel(gone, asked.series, NINE).answer, Refused)
    assert bring_back(gone, asked.series, NINE).book.reservations == before.reservations
    assert isinstance(bring_back(before, asked.series, NINE).answer, Refused)
    taken = keep(gone, TEN, NOON, course="art").book
    refused = bring_back(taken, f"{FROM_FILE}ml/1/0", NINE)
    assert isinstance(refused.answer, Refused)
    assert "art has 1 from" in refused.answer.message
    assert refused.book is taken
    by_hand = cancel(taken, "lesson", NINE).book
    assert isinstance(bring_back(by_hand, "lesson", NINE).answer, Refused)
    assert tick(by_hand, NOON).book.reservations == {}


def test_weekly_keeps_its_time_on_the_wall() -> None:
    """A lesson at 10:15 in Oslo is at 10:15 before and after the clocks are changed."""
    oslo = ZoneInfo("Europe/Oslo")
    first = Interval(
        datetime(2026, 10, 20, 10, 15, tzinfo=oslo), datetime(2026, 10, 20, 12, tzinfo=oslo)
    )
    found = [*weekly(first, date(2026, 10, 27))]
    assert [each.start for each in found] == [
        datetime(2026, 10, 20, 8, 15, tzinfo=UTC),
        datetime(2026, 10, 27, 9, 15, tzinfo=UTC),
    ]
    assert {each.start.astimezone(oslo).hour for each in found} == {10}


def test_sentences_tell_the_time_of_the_lab() -> None:
    """Where the lab is in Oslo, a refusal speaks of Oslo's hours."""
    here = book(CARD, rules=Rules(zone=ZoneInfo("Europe/Oslo")))
    answer = keep(keep(here, TEN, NOON, course="art").book, TEN, NOON, series="two").answer
    assert isinstance(answer, Refused)
    assert "from Tue 1 Sep 12:00 until 14:00" in answer.message


def test_a_cancelled_lesson_gives_its_places_to_all() -> None:
    """Those who wait are served at once; a lease in a place goes on."""
    before = keep(book(CARD, SHARED), TEN, NOON, course="art", count=2).book
    before = ask(before, wanted("ada", course="art"), wanted("bo"), at=TEN).book
    after = cancel(before, "lesson", TEN + 2 * MINUTE).book
    assert after.claims["bo"].offer is not None
    assert "ada" in after.leases
    assert isinstance(cancel(after, "lesson", TEN).answer, Refused)


def test_a_lost_gpu_moves_its_lesson() -> None:
    """Places go to another GPU where there is room; where there is none, somebody is told."""
    spare = Gpu("spare", "RTX", 24 * GIB)
    before = keep(book(CARD, spare), TEN, NOON).book
    change = failing(before, "card")
    assert [place.gpu for place in change.book.reservations["lesson/0"].places] == ["spare"]
    change = drain(change.book, "spare", "new fan", NINE)
    assert any(isinstance(event, ReservationShort) for event in change.events)
    back = inventory(change.book, [CARD, spare], NINE).book
    assert [place.gpu for place in back.reservations["lesson/0"].places] == ["card"]


def test_what_is_under_way_is_not_asked_for_anew() -> None:
    """Of an edited series only what is to come is left, and nothing of one that is known."""
    now, later = Interval(NINE, NINE + 2 * HOUR), Interval(NINE + 24 * HOUR, NINE + 26 * HOUR)
    before = Request("1", "ml", WHOLE, 1, (now, later), profile="gpu")
    known = reserve(book(CARD), before, NINE).book

    def edited(*intervals: Interval) -> Request:
        return Request("2", "ml", WHOLE, 2, intervals, profile="gpu")

    series = {"1": before, "2": edited(now, later)}
    assert asked_anew(known, series, NINE + HOUR) == {"2": edited(later)}
    assert asked_anew(known, {"2": edited(now)}, NINE + HOUR) == {}
