"""What a person is told when they ask, wait, accept, go on and give back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Why
from crepre_hub.gpu.events import (
    ClaimEnded,
    LeaseEnded,
    LeaseEnding,
    LeaseGranted,
    Notice,
    OfferLapsed,
    ShareOffered,
)
from crepre_hub.gpu.gpus import WHOLE, Gpu, Tier, Wish
from crepre_hub.gpu.lending import accept, end, give_back, put_first, renew, withdraw
from crepre_hub.gpu.line import line
from crepre_hub.gpu.passing import due_at, tick
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from tests.unit.gpu.books import CARD, GIB, NINE, SHARED, ask, book, keep, wanted

SIX = Wish(6 * GIB)


def test_a_free_share_is_granted_at_once() -> None:
    """Who asks while a GPU is free has a lease for the profile's time, and no offer to accept."""
    change = ask(book(CARD), wanted("ada"))
    lease = change.book.lease_of("ada")
    assert change.answer == Granted("share-free")
    assert change.events == (LeaseGranted(lease),)  # type: ignore[arg-type]
    assert lease is not None
    assert (lease.gpu, lease.ends) == ("card", NINE + 2 * HOUR)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (
            [wanted("ada"), wanted("ada", server="two"), wanted("ada", server="3")],
            "one-claim-a-person",
        ),
        ([wanted("ada"), wanted("ada", server="two")], "no-share-free"),
        ([wanted("ada"), wanted("ada")], "claim-known"),
        ([wanted("ada", Wish(48 * GIB))], "no-such-gpu"),
        ([wanted("ada", Wish(25 * GIB, whole=True))], "no-such-gpu"),
        ([wanted("ada"), wanted("bo")], "no-share-free"),
    ],
)
def test_what_is_not_granted_says_why(claims: list, reason: str) -> None:
    """Each no, and each wait, has its own label and a sentence."""
    answer = ask(book(CARD), *claims).answer
    assert isinstance(answer, MustWait | Refused)
    assert answer.reason == reason
    assert answer.message.endswith(".")


def test_a_refusal_changes_nothing() -> None:
    """The book after a refusal is the very one before it."""
    before = ask(book(CARD), wanted("ada")).book
    assert ask(before, wanted("bo", Wish(48 * GIB))).book is before


@pytest.mark.parametrize(
    ("gpus", "wish", "taken", "gpu"),
    [
        ([CARD, SHARED], SIX, [], "shared"),
        ([CARD, SHARED], WHOLE, [], "card"),
        ([CARD, SHARED], WHOLE, [WHOLE], "shared"),
        ([SHARED, Gpu("b", "B", 24 * GIB, Tier.SHARED)], SIX, [Wish(12 * GIB)], "b"),
        ([SHARED, Gpu("z", "Z", 12 * GIB, Tier.SHARED)], SIX, [], "z"),
        ([CARD, Gpu("big", "B", 80 * GIB)], WHOLE, [], "card"),
        ([CARD, Gpu("big", "B", 80 * GIB)], Wish(40 * GIB, whole=True), [], "big"),
        ([CARD], SIX, [], "card"),
        ([Gpu("cut", "A", 80 * GIB), Gpu("m", "slice", 10 * GIB, parent="cut")], WHOLE, [], "m"),
    ],
)
def test_where_a_wish_goes(gpus: list[Gpu], wish: Wish, taken: list[Wish], gpu: str) -> None:
    """Shares fill up what is shared, whole wishes take the smallest card that is enough."""
    before = book(*gpus)
    for number, each in enumerate(taken):
        before = ask(before, wanted(f"x{number}", each)).book
    lease = ask(before, wanted("ada", wish)).book.lease_of("ada")
    assert lease is not None
    assert lease.gpu == gpu


def test_spread_takes_the_emptiest() -> None:
    """An admin may prefer speed to whole GPUs."""
    two = (SHARED, Gpu("b", "B", 24 * GIB, Tier.SHARED))
    for spread, gpus in ((False, 1), (True, 2)):
        after = ask(
            book(*two, rules=Rules(spread=spread)), wanted("ada", SIX), wanted("bo", SIX)
        ).book
        assert len({lease.gpu for lease in after.leases.values()}) == gpus


def test_what_comes_free_is_offered_to_the_first_and_then_to_the_next() -> None:
    """An offer lasts three minutes; who misses one goes behind, who misses two leaves the line."""
    before = ask(book(CARD), wanted("ada"), wanted("bo"), wanted("cy")).book
    change = give_back(before, "ada", NINE + HOUR)
    assert [type(event) for event in change.events] == [LeaseEnded, ShareOffered]
    assert change.book.claims["bo"].offer is not None
    assert change.book.claims["bo"].offer.until == NINE + HOUR + 3 * MINUTE
    change = tick(change.book, NINE + HOUR + 3 * MINUTE)
    assert [type(event) for event in change.events] == [OfferLapsed, ShareOffered]
    assert change.book.claims["cy"].offer is not None
    change = tick(change.book, NINE + HOUR + 6 * MINUTE)
    assert change.book.claims["bo"].offer is not None
    change = tick(change.book, NINE + HOUR + 9 * MINUTE)
    assert [e.why for e in change.events if isinstance(e, ClaimEnded)] == [Why.LAPSED]
    assert "bo" not in change.book.claims


@pytest.mark.parametrize(("minutes", "granted"), [(0, True), (2, True), (3, False), (4, False)])
def test_an_offer_is_over_at_its_end(minutes: int, granted: bool) -> None:
    """At the last moment of the window it is too late, whether or not anybody has looked."""
    before = give_back(ask(book(CARD), wanted("ada"), wanted("bo")).book, "ada", NINE + HOUR).book
    answer = accept(before, "bo", NINE + HOUR + minutes * MINUTE).answer
    assert isinstance(answer, Granted) is granted


def test_accepting_twice_is_accepting_once() -> None:
    """A click that is sent again changes nothing and is no error."""
    before = give_back(ask(book(CARD), wanted("ada"), wanted("bo")).book, "ada", NINE + HOUR).book
    once = accept(before, "bo", NINE + HOUR).book
    twice = accept(once, "bo", NINE + HOUR)
    assert isinstance(twice.answer, Granted)
    assert twice.book is once


def test_who_declines_lets_the_next_in() -> None:
    """Leaving the line with an offer passes it on in the same moment."""
    before = ask(book(CARD), wanted("ada"), wanted("bo"), wanted("cy")).book
    before = give_back(before, "ada", NINE + HOUR).book
    after = withdraw(before, "bo", NINE + HOUR).book
    assert after.claims["cy"].offer is not None


@pytest.mark.parametrize(
    ("others", "wish", "reason"),
    [
        ([], SIX, "nobody-waits"),
        ([wanted("bo", WHOLE)], SIX, "others-wait"),
        ([wanted("bo", Wish(20 * GIB))], SIX, "others-wait"),
    ],
)
def test_a_lease_is_renewed_while_nobody_waits(others: list, wish: Wish, reason: str) -> None:
    """Whoever waits for all of a GPU is not kept waiting by those who hold parts of it."""
    before = ask(book(SHARED), wanted("ada", wish), *others).book
    change = renew(before, "ada", NINE + 90 * MINUTE)
    assert change.answer.reason == reason
    lease = change.book.leases["ada"]
    longer = isinstance(change.answer, Granted)
    assert lease.ends == NINE + (210 * MINUTE if longer else 2 * HOUR)


def test_who_waits_for_another_gpu_does_not_stand_in_the_way() -> None:
    """A line for what this GPU could never give ends no lease on it."""
    big = Gpu("big", "B", 80 * GIB)
    before = ask(book(CARD, big), wanted("ada"), wanted("bo"), wanted("cy", Wish(40 * GIB))).book
    assert before.leases["ada"].gpu == "card"
    assert isinstance(renew(before, "ada", NINE + HOUR).answer, Granted)
    assert isinstance(renew(before, "bo", NINE + HOUR).answer, Refused)


def test_notices_come_once_each() -> None:
    """30, 10 and 2 minutes before the end, then the end, each once, however often one looks."""
    now, told = ask(book(CARD), wanted("ada")).book, []
    for minute in range(121):
        change = tick(now, NINE + minute * MINUTE)
        told += [(minute, type(event)) for event in change.events]
        now = change.book
    assert told == [(90, Notice), (110, Notice), (118, Notice), (120, LeaseEnding)]


def test_what_is_over_is_held_until_the_server_is_gone() -> None:
    """A server that hangs keeps its share; nobody is given memory that is still in use."""
    before = ask(book(CARD), wanted("ada"), wanted("bo")).book
    over = tick(before, NINE + 3 * HOUR).book
    assert over.leases["ada"].ending is Why.TIME_IS_UP
    assert over.claims["bo"].offer is None
    after = give_back(over, "ada", NINE + 4 * HOUR)
    assert after.book.claims["bo"].offer is not None
    [ended] = [event for event in after.events if isinstance(event, LeaseEnded)]
    assert (ended.used.why, ended.used.seconds) == (Why.TIME_IS_UP, 4 * 3600)


def test_what_was_used_is_written_in_parts_of_a_gpu() -> None:
    """A quarter of a card for two hours is half an hour of a card."""
    before = ask(book(SHARED), wanted("ada", SIX)).book
    [ended] = give_back(before, "ada", NINE + 2 * HOUR).events
    assert isinstance(ended, LeaseEnded)
    assert ended.used.share_seconds == 1800


def test_an_early_end_is_not_charged() -> None:
    """A course that gives back at once has used nothing, whatever it was granted."""
    after = give_back(ask(book(CARD), wanted("ada")).book, "ada", NINE).book
    assert after.usage["ml"].seconds == 0


def test_the_course_that_used_less_comes_first() -> None:
    """Between courses hours count, within one who came first."""
    before = ask(book(CARD), wanted("ada"), wanted("ben"), wanted("cy", course="art")).book
    assert give_back(before, "ada", NINE + HOUR).book.claims["cy"].offer is not None


def test_an_admin_may_put_somebody_first() -> None:
    """Before those who came before, of whatever course."""
    before = ask(book(CARD), wanted("ada"), wanted("bo"), wanted("cy")).book
    before = put_first(before, "cy", NINE + HOUR).book
    assert [each.id for each in line(before, NINE + HOUR)] == ["cy", "bo"]
    assert give_back(before, "ada", NINE + HOUR).book.claims["cy"].offer is not None
    assert isinstance(put_first(before, "nobody", NINE).answer, Refused)


def test_patience_comes_before_hours() -> None:
    """Who has waited for twelve hours is first, however much their course has used."""
    rules = Rules(patience=HOUR)
    before = ask(book(CARD, rules=rules), wanted("ada"), wanted("ben")).book
    before = ask(before, wanted("cy", course="art"), at=NINE + 50 * MINUTE).book
    after = give_back(before, "ada", NINE + 70 * MINUTE).book
    assert after.claims["ben"].offer is not None


def test_a_small_claim_does_not_delay_a_large_one() -> None:
    """Beside the first in line only what is back in time, or elsewhere, is given."""
    before = ask(book(SHARED), wanted("ada", Wish(12 * GIB), length=HOUR), wanted("bo", WHOLE)).book
    long = ask(before, wanted("cy", SIX), at=NINE + 5 * MINUTE).book.lease_of("cy")
    assert long is not None
    assert long.ends == NINE + HOUR  # when the first in line can have the card


def test_an_endless_stream_of_small_claims_starves_nobody() -> None:
    """One waits for the whole card while newcomers of courses without usage ask every minute."""
    rules = Rules(patience=3 * HOUR)
    now = ask(book(SHARED, rules=rules), *(wanted(f"x{n}", SIX) for n in range(4))).book
    now = ask(now, wanted("big", WHOLE, course="x"), at=NINE + 5 * MINUTE).book
    limit = rules.patience + 2 * (2 * HOUR + rules.claim_window)
    minute = NINE + 6 * MINUTE
    while now.claims["big"].offer is None:
        assert minute - NINE < limit
        number = (minute - NINE) // timedelta(minutes=1)
        now = ask(now, wanted(f"y{number}", SIX, course=f"new{number}"), at=minute).book
        now = _all_accept_and_stop(now, minute)
        minute += MINUTE


def _all_accept_and_stop(now: Book, moment: object) -> Book:
    for name, each in [*now.claims.items()]:
        if each.offer and name != "big":
            now = accept(now, name, moment).book  # type: ignore[arg-type]
    now = tick(now, moment).book  # type: ignore[arg-type]
    for name, lease in [*now.leases.items()]:
        if lease.ending:
            now = give_back(now, name, moment).book  # type: ignore[arg-type]
    return now


def test_an_admin_ends_a_lease() -> None:
    """The server is asked to stop at once, and asked once."""
    change = end(ask(book(CARD), wanted("ada")).book, "ada", NINE + MINUTE, Why.ADMIN)
    assert [type(event) for event in change.events] == [LeaseEnding]
    assert end(change.book, "ada", NINE + MINUTE, Why.ADMIN).book is change.book


def test_before_a_lesson_leases_are_short() -> None:
    """A walk-in is told until when; too short to be of use, it waits."""
    before = keep(book(CARD), NINE + HOUR, NINE + 3 * HOUR, course="art").book
    lease = ask(before, wanted("ada")).book.lease_of("ada")
    assert lease is not None
    assert lease.ends == NINE + HOUR
    assert isinstance(ask(before, wanted("ada"), at=NINE + 45 * MINUTE).answer, MustWait)


def test_nothing_is_due_in_an_empty_book() -> None:
    """A book with nothing to come says so, and time does nothing to it."""
    empty = book(CARD)
    assert due_at(empty, NINE) is None
    assert tick(empty, NINE).book is empty
