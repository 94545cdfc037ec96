"""What those in line, and those about to click, can be told of the time to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Kind
from crepre_hub.gpu.draft import Draft
from crepre_hub.gpu.index import Hold
from crepre_hub.gpu.line import line
from crepre_hub.gpu.room import best_spot, turn
from crepre_hub.sentences import Sentence

FAR = 100
"""How many in line get a likely time; for those behind it would be a guess."""

MANY = 99
"""More free shares than this are not counted."""


@dataclass(frozen=True, slots=True)
class WaitingView:
    """
    What the start page says to somebody in line.

    Attributes:
        place: 1 for the first in line; 0 for a claim with an offer.
        waiting: How many are in line.
        probably_free_at: If all leases run to their end and nobody comes before them; None where
            nobody can know.
    """

    claim: Claim
    place: int
    waiting: int
    probably_free_at: datetime | None

    @property
    def waits_for(self) -> Sentence:
        """Such as ``a whole GPU``."""
        return self.claim.wish.said


@dataclass(frozen=True, slots=True)
class Availability:
    """What a card says before the click: ``2 free now`` or ``next at about 11:40``."""

    free_now: int
    probably_free_at: datetime | None


def outlook(book: Book, now: datetime) -> dict[str, WaitingView]:
    """Everybody in line, by claim; worked out once for all who look at this version."""
    waiting = line(book, now)
    draft = Draft(book, now)
    turns = [
        turn for _, turn in zip(waiting, _turns(draft, _Lessons(draft), waiting), strict=False)
    ]
    views = {
        claim.id: WaitingView(
            claim,
            place,
            len(waiting),
            turns[place - 1] if place <= len(turns) else None,
        )
        for place, claim in enumerate(waiting, start=1)
    }
    for claim in book.claims.values():
        if claim.offer is not None:
            views[claim.id] = WaitingView(claim, 0, len(waiting), now)
    return views


def availability(book: Book, kind: Kind, now: datetime) -> Availability:
    """How many claims of *kind* would be granted now, and else when about."""
    draft = Draft(book, now)
    waiting = line(book, now)
    lessons = _Lessons(draft)
    first = next((found for each in waiting if (found := turn(draft, each.kind, now))), None)
    free = lessons.free_now(kind)
    while free < MANY and (spot := best_spot(draft, kind, now, ahead=first)) is not None:
        draft.index.hold(spot.gpu, Hold("", spot.memory, spot.until, None))
        free += 1
    if free:
        return Availability(free, now)
    for _ in _turns(draft, lessons, waiting):
        pass
    then = _turn(draft, lessons, kind)
    return Availability(0, then if len(waiting) <= FAR else None)


class _Lessons:
    """Empty places of lessons that are on or to come, and who of the line will have them."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.taken: set[tuple[str, int]] = set()

    def places(self, kind: Kind) -> Iterator[tuple[datetime, str, int]]:
        """When each place that a claim of *kind* may have is open to it, earliest first."""
        gpus = self.draft.gpus
        for start, name in self.draft.index.lessons.get(kind.course, ()):
            for number, place in enumerate(self.draft.reservations[name].places):
                if place.lease or place.released or (name, number) in self.taken:
                    continue
                gpu = gpus.get(place.gpu)
                if gpu and gpu.is_lent and 0 < kind.wish.on(gpu) <= place.memory:
                    yield start, name, number

    def free_now(self, kind: Kind) -> int:
        """How many places of a lesson that is on wait for people of the course."""
        return sum(start <= self.draft.now for start, _, _ in self.places(kind))

    def first(self, kind: Kind) -> tuple[datetime, str, int] | None:
        """The first place that a claim of *kind* may have."""
        return next(self.places(kind), None)


def _turns(draft: Draft, lessons: _Lessons, waiting: list[Claim]) -> Iterator[datetime | None]:
    """When each of the first in line is served, those before them holding what they got."""
    for claim in waiting[:FAR]:
        yield _turn(draft, lessons, claim.kind)


def _turn(draft: Draft, lessons: _Lessons, kind: Kind) -> datetime | None:
    """When the next of *kind* is served, by a lesson's place or by another; it then has it."""
    found, place = turn(draft, kind, draft.now), lessons.first(kind)
    if place is not None and (found is None or place[0] <= found.kept.start):
        lessons.taken.add(place[1:])
        return max(place[0], draft.now)
    if found is None:
        return None
    kept = draft.index.kept
    kept[found.gpu] = tuple(sorted((*kept.get(found.gpu, ()), found.kept)))
    return found.kept.start
