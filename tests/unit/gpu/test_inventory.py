"""GPUs that come, go and fail, servers that are there or not, and what people see of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crepre_hub.decisions import MustWait, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Kind
from crepre_hub.gpu.events import GpuTrouble, LeaseEnded, OfferWithdrawn, StrayServer
from crepre_hub.gpu.gpus import WHOLE, Health, State, Wish
from crepre_hub.gpu.inventory import drain, forget, inventory
from crepre_hub.gpu.lending import give_back
from crepre_hub.gpu.outlook import Availability, availability, outlook
from crepre_hub.gpu.reconciling import Found, reconcile
from crepre_hub.gpu.rules import HOUR, MINUTE
from crepre_hub.gpu.troubles import NEEDS_RESET, NOT_FOUND, OFF_THE_BUS, UPGRADED, Trouble
from crepre_hub.sentences import Sentence
from tests.unit.gpu.books import CARD, GIB, NINE, SHARED, ask, book, failing, keep, wanted

KIND = Kind("ml", WHOLE, 2 * HOUR, 20 * MINUTE)


@pytest.mark.parametrize(
    ("health", "drained", "state", "is_lent"),
    [
        (Health.PRESENT, "", State.IN_SERVICE, True),
        (Health.PRESENT, "fan", State.DRAINED, False),
        (Health.MISSING, "", State.MISSING, False),
        (Health.FAILED, "fan", State.FAILED, False),
    ],
)
def test_states(health: Health, drained: str, state: State, is_lent: bool) -> None:
    """Only a GPU that is there and that nobody took out is lent."""
    gpu = replace(CARD, health=health, drained=drained)
    assert (gpu.state, gpu.is_lent) == (state, is_lent)


def test_a_gpu_that_vanishes_leaves_the_market_and_comes_back() -> None:
    """Its lease is told, its offers are undone, and it is lent again when it is back."""
    before = give_back(ask(book(CARD), wanted("ada"), wanted("bo")).book, "ada", NINE + HOUR).book
    gone = inventory(before, [], NINE + HOUR)
    assert any(isinstance(event, OfferWithdrawn) for event in gone.events)
    assert gone.book.gpus["card"].state is State.MISSING
    assert isinstance(ask(gone.book, wanted("cy"), at=NINE + HOUR).answer, MustWait)
    back = inventory(gone.book, [CARD], NINE + 2 * HOUR).book
    assert back.claims["bo"].offer is not None


def test_who_holds_a_failing_gpu_is_told_and_not_thrown_out() -> None:
    """The server goes on: there is work in it that has nothing to do with the GPU."""
    change = failing(ask(book(CARD), wanted("ada")).book, "card", NINE + HOUR)
    [told] = [event for event in change.events if isinstance(event, GpuTrouble)]
    assert told.lease.id == "ada"
    assert change.book.leases["ada"].ending is None


@pytest.mark.parametrize(
    ("trouble", "states"),
    [
        (Trouble("card", OFF_THE_BUS, "Reboot."), {"card": "failed", "shared": "missing"}),
        (Trouble("GPU number 0", OFF_THE_BUS, "Reboot."), {"card": "failed", "shared": "failed"}),
        (Trouble("", UPGRADED, "Reboot."), {"card": "failed", "shared": "failed"}),
        (Trouble("GPU-new", OFF_THE_BUS, "Reboot."), {"card": "missing", "shared": "missing"}),
    ],
)
def test_the_book_says_why_a_gpu_is_not_lent(trouble: Trouble, states: dict[str, str]) -> None:
    """The trouble of that GPU, of all, or of one that cannot say which it is; else it is gone."""
    before = book(CARD, SHARED)
    after = inventory(before, [], NINE, [trouble]).book
    assert {name: str(gpu.state) for name, gpu in after.gpus.items()} == states
    for gpu in after.gpus.values():
        assert gpu.reason == (trouble.text if gpu.health is Health.FAILED else NOT_FOUND)
        assert isinstance(gpu.reason, Sentence)
        assert gpu.remedy
    assert inventory(after, [], NINE, [trouble]).book is after
    assert inventory(after, [CARD, SHARED], NINE).book.gpus == before.gpus


def test_a_slice_fails_with_its_card() -> None:
    """The driver names the card alone."""
    part = replace(CARD, uuid="MIG-1", parent="GPU-a")
    after = inventory(book(part), [], NINE, [Trouble("GPU-a", NEEDS_RESET, "Reset it.")]).book
    assert after.gpus["MIG-1"].reason == NEEDS_RESET


def test_a_failing_card_is_not_the_one_that_was_taken_out_before() -> None:
    """What NVML cannot name is looked for among those that were there."""
    gone = inventory(book(CARD, SHARED), [SHARED], NINE).book
    after = inventory(gone, [], NINE, [Trouble("GPU number 0", OFF_THE_BUS, "Reboot.")]).book
    assert {name: str(gpu.state) for name, gpu in after.gpus.items()} == {
        "card": "missing",
        "shared": "failed",
    }
    both = inventory(
        inventory(gone, [], NINE).book, [], NINE, [Trouble("GPU number 0", OFF_THE_BUS, "")]
    )
    assert {str(gpu.state) for gpu in both.book.gpus.values()} == {"failed"}


def test_only_a_gpu_that_nobody_holds_and_that_is_gone_is_forgotten() -> None:
    """What was kept on it is elsewhere, or known to be short."""
    before = keep(book(CARD), NINE + 3 * HOUR, NINE + 4 * HOUR).book
    lent = ask(before, wanted("ada", length=HOUR)).book
    gone = inventory(lent, [], NINE).book
    for some, name in ((lent, "card"), (gone, "card"), (gone, "none")):
        assert isinstance(forget(some, name, NINE).answer, Refused)
    left = give_back(gone, "ada", NINE).book
    after = forget(left, "card", NINE).book
    assert not after.gpus
    assert [place.gpu for place in after.reservations["lesson/0"].places] == [""]
    assert inventory(after, [CARD], NINE).book.gpus == {"card": CARD}


def test_drained_stays_drained() -> None:
    """A GPU that an admin took out is not put back by looking at the machine."""
    out = drain(book(CARD), "card", "new fan", NINE).book
    assert inventory(out, [CARD], NINE).book is out
    again = inventory(inventory(out, [], NINE).book, [CARD], NINE).book
    assert again.gpus["card"].state is State.DRAINED


def _found(name: str, *gpus: str) -> Found:
    return Found(name, name, "", "ml", "gpu", gpus)


def _made(name: str, *gpus: str) -> Found:
    """Not started, or not yet."""
    return replace(_found(name, *gpus), has_run=False)


@pytest.mark.parametrize(
    ("found", "grace", "leases", "strays"),
    [
        ([_found("ada", "card")], 0, {"ada"}, 0),
        ([], 0, set(), 0),
        ([], 5, {"ada"}, 0),
        ([_found("ada", "other")], 0, {"ada"}, 1),
        ([_found("ada", "card"), _found("bo", "card")], 0, {"ada"}, 1),
        ([_found("bo", "card")], 0, {"bo"}, 0),
        ([_found("ada", "card"), _found("bo", "shared")], 0, {"ada", "bo"}, 0),
        ([_found("ada", "card"), _found("", "shared")], 0, {"ada"}, 1),
        ([_found("ada", "card"), _found("bo", "shared", "card")], 0, {"ada"}, 1),
        ([_made("ada", "card")], 0, {"ada"}, 0),
        ([_made("bo", "card")], 0, set(), 0),
        ([_found("ada", "card"), _made("bo", "card")], 0, {"ada"}, 0),
    ],
)
def test_after_a_crash(found: list[Found], grace: int, leases: set[str], strays: int) -> None:
    """What runs is held, what does not run is free, and what cannot be is stopped."""
    before = ask(book(CARD, SHARED), wanted("ada")).book
    change = reconcile(before, found, NINE + MINUTE, grace=grace * MINUTE)
    assert change.book.leases.keys() == leases
    assert sum(isinstance(event, StrayServer) for event in change.events) == strays
    assert ("ada" in leases) is not any(isinstance(e, LeaseEnded) for e in change.events)


def _crowd() -> Book:
    claims = [wanted("ada"), wanted("bo"), wanted("cy"), wanted("di", course="art")]
    return ask(book(CARD), *claims).book


def test_the_line_shows_place_and_time() -> None:
    """Who waits sees their place, what for, and when it is likely to come free."""
    views = outlook(_crowd(), NINE + 10 * MINUTE)
    assert {name: view.place for name, view in views.items()} == {"di": 1, "bo": 2, "cy": 3}
    di, bo = views["di"], views["bo"]
    assert (di.waits_for, di.waiting) == ("a whole GPU", 3)
    assert di.probably_free_at == NINE + 2 * HOUR
    assert bo.probably_free_at == NINE + 4 * HOUR + 3 * MINUTE


def test_a_card_says_what_is_free_before_the_click() -> None:
    """So many now, or when about the next; a wish that no GPU serves has no time."""
    empty = book(CARD, SHARED)
    assert availability(empty, KIND, NINE) == Availability(2, NINE)
    quarter = Kind("ml", Wish(6 * GIB), 2 * HOUR, 20 * MINUTE)
    assert availability(empty, quarter, NINE).free_now == 5
    full = ask(empty, wanted("ada"), wanted("bo")).book
    assert availability(full, KIND, NINE + MINUTE) == Availability(0, NINE + 2 * HOUR)
    huge = Kind("ml", Wish(80 * GIB), 2 * HOUR, 20 * MINUTE)
    assert availability(full, huge, NINE) == Availability(0, None)


def test_a_course_sees_its_own_lesson_free() -> None:
    """What is kept is not free for others."""
    lesson = keep(book(CARD), NINE, NINE + 2 * HOUR, course="art").book
    assert availability(lesson, KIND, NINE).free_now == 0
    assert availability(lesson, Kind("art", *KIND[1:]), NINE).free_now == 1
