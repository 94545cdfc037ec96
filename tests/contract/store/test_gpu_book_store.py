"""What every store of the lease book does, on each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from crepre_hub.decisions import Granted
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request, reserve
from crepre_hub.gpu.claims import Claim, Why
from crepre_hub.gpu.gpus import WHOLE, Gpu, Health, Tier, Wish
from crepre_hub.gpu.inventory import drain, inventory
from crepre_hub.gpu.lending import claim, give_back
from crepre_hub.gpu.reservations import Interval
from crepre_hub.gpu.rules import Rules
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.tables import gpu_entries

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LESSON = Interval(NOON + HOUR, NOON + 2 * HOUR)
GiB = 1024**3
EMPTY = Book(Rules())
CARDS = (
    Gpu("GPU-a", "Card", 24 * GiB),
    Gpu("GPU-b", "Card", 24 * GiB, Tier.SHARED),
    Gpu("MIG-c", "Slice", 10 * GiB, parent="GPU-d", health=Health.FAILED, trouble="Hot."),
)


@pytest.fixture
def books(engine: Engine) -> GpuBookStore:
    return GpuBookStore(engine)


def wish(name: str, wanted: Wish = WHOLE) -> Claim:
    return Claim(name, name, "ml", "gpu", wanted, NOON, NOON)


def filled(books: GpuBookStore) -> Book:
    """A book with something of everything, each change written."""
    book = books.read(EMPTY)
    for change in (
        lambda book: inventory(book, CARDS, NOON),
        lambda book: drain(book, "MIG-c", "A new fan is on its way.", NOON),
        lambda book: reserve(
            book, Request("r", "ml", WHOLE, 1, (LESSON,), profile="gpu", by="tea"), NOON
        ),
        lambda book: claim(book, wish("ada"), NOON),
        lambda book: claim(book, wish("bo", Wish(20 * GiB)), NOON),
        lambda book: claim(book, wish("chi", Wish(20 * GiB)), NOON),
        lambda book: give_back(book, "bo", NOON + HOUR / 2),
    ):
        after = change(book)
        assert books.write(book, after)
        book = after.book
    return book


def test_a_new_lab_has_an_empty_book(books: GpuBookStore) -> None:
    """At version 0."""
    assert books.read(EMPTY) == EMPTY
    assert books.version() == 0


def test_what_is_read_is_what_was_written(books: GpuBookStore) -> None:
    """Every field of every value, offers and places of reservations as well."""
    book = filled(books)
    assert book.leases
    assert book.reservations
    assert any(each.offer for each in book.claims.values())
    assert books.read(EMPTY) == book
    assert books.version() == book.version


def test_a_reservation_of_an_earlier_version_is_read(books: GpuBookStore, engine: Engine) -> None:
    """It does not say for which profile it was made, nor by whom."""
    book = filled(books)
    old = (
        '{"id": "r/0", "series": "r", "course": "ml", "interval": {"start": "2026-11-24T13:00:00Z",'
        ' "end": "2026-11-24T14:00:00Z"}, "wish": {"memory": 0, "whole": true}, "places":'
        ' [{"gpu": "GPU-a", "memory": 25769803776}]}'
    )
    with engine.begin() as connection:
        mine = update(gpu_entries).where(gpu_entries.c.kind == "reservations")
        assert connection.execute(mine.values(content=old)).rowcount == 1
    (kept,) = books.read(EMPTY).reservations.values()
    assert kept == replace(book.reservations["r/0"], profile="", by="", places=kept.places)


def test_of_two_who_read_the_same_book_one_writes(books: GpuBookStore) -> None:
    """The other is told to read again, and has changed nothing."""
    book = books.read(EMPTY)
    assert books.write(book, inventory(book, CARDS[:1], NOON))
    assert not books.write(book, inventory(book, CARDS[1:], NOON))
    assert books.read(EMPTY).gpus.keys() == {"GPU-a"}


def test_usage_is_written_with_the_end_of_the_lease(books: GpuBookStore) -> None:
    """Once: who, for which course, how much, how long they had waited, and why it ended."""
    filled(books)
    (used,) = books.used_by("bo", "ml", since=NOON)
    assert (used.gpu, used.seconds, used.why) == ("GPU-a", 1800, Why.GIVEN_BACK)
    assert used.share == 1
    assert books.last_of("bo") == used
    assert books.last_of("ada") is None
    assert books.used_by("bo", "ml", since=NOON + HOUR) == ()
    assert books.used_by("bo", "other", since=NOON) == ()
    assert books.used_since(NOON) == (used,)


def test_a_book_that_was_not_written_has_used_nothing(books: GpuBookStore) -> None:
    """What a lease used is not counted by a writer who came second."""
    book = filled(books)
    ends = give_back(book, "ada", NOON + HOUR)
    assert books.write(book, ends)
    assert not books.write(book, replace(ends, book=replace(ends.book)))
    assert [each.lease for each in books.used_since(NOON)] == ["ada", "bo"]


def test_a_crowd_gets_what_there_is_and_no_more(books: GpuBookStore) -> None:
    """Claims at once, from writers who know nothing of each other: four shares, four leases."""
    book = books.read(EMPTY)
    shared = [Gpu("GPU-s", "Card", 24 * GiB, Tier.SHARED)]
    assert books.write(book, inventory(book, shared, NOON))

    def crowd(writer: int) -> int:
        granted, book = 0, EMPTY
        for number in range(10):
            mine = wish(f"p{writer}-{number}", Wish(6 * GiB))
            while True:
                book = books.read(book)
                change = claim(book, mine, NOON)
                if books.write(book, change):
                    break
            granted += isinstance(change.answer, Granted)
        return granted

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(crowd, range(6))) == 4
    after = books.read(EMPTY)
    assert (len(after.leases), len(after.claims), after.version) == (4, 56, 61)


def test_what_has_not_changed_is_not_read_again(books: GpuBookStore) -> None:
    """A book that was known is brought up to date, whatever came and went meanwhile."""
    book = filled(books)
    assert books.read(book) is book
    after = give_back(book, "ada", NOON + HOUR)
    assert books.write(book, after)
    now = books.read(book)
    assert now == after.book
    assert now.gpus["MIG-c"] is book.gpus["MIG-c"]
    assert "ada" not in now.leases
