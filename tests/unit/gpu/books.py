"""Small books for tests: two cards and a shared one, at nine in the morning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crepre_hub.decisions import Granted
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request, reserve
from crepre_hub.gpu.claims import Claim
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.gpus import WHOLE, Gpu, Tier, Wish
from crepre_hub.gpu.inventory import inventory
from crepre_hub.gpu.lending import claim
from crepre_hub.gpu.reservations import Interval
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from crepre_hub.gpu.troubles import OFF_THE_BUS, Trouble
from crepre_hub.units import MEMORY_UNITS

GIB = MEMORY_UNITS["GiB"]
NINE = datetime(2026, 9, 1, 9, tzinfo=UTC)
CARD = Gpu("card", "RTX", 24 * GIB)
SHARED = Gpu("shared", "RTX", 24 * GIB, Tier.SHARED)


def book(*gpus: Gpu, rules: Rules | None = None) -> Book:
    """Nobody holds anything."""
    return Book.of(rules=rules or Rules(), gpus=gpus)


def wanted(
    person: str,
    wish: Wish = WHOLE,
    *,
    course: str = "ml",
    length: timedelta = 2 * HOUR,
    server: str = "",
) -> Claim:
    """A claim with the person's name."""
    name = f"{person}/{server}" if server else person
    return Claim(name, person, course, "gpu", wish, NINE, NINE, server=server, length=length)


def ask(before: Book, *claims: Claim, at: datetime = NINE) -> Change:
    """They ask one after the other, a minute apart; the last answer."""
    change = Change(before, Granted("nothing-asked"))
    for minute, each in enumerate(claims):
        change = claim(change.book, each, at + minute * MINUTE)
    return change


def failing(before: Book, gpu: str, at: datetime = NINE) -> Change:
    """The machine says that a GPU fails; all others are well."""
    well = [replace(each, drained="") for each in before.gpus.values() if each.is_lent]
    trouble = Trouble(gpu, OFF_THE_BUS, "Reboot.")
    return inventory(before, [each for each in well if each.uuid != gpu], at, [trouble])


def keep(
    before: Book,
    start: datetime,
    end: datetime,
    *,
    course: str = "ml",
    wish: Wish = WHOLE,
    count: int = 1,
    now: datetime = NINE,
    series: str = "lesson",
) -> Change:
    """A course reserves."""
    return reserve(before, Request(series, course, wish, count, (Interval(start, end),)), now)
