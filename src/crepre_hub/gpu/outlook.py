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
from crepre_hub.gpu.room import Ahead, best_spot, turn

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
        waits_for: Such as ``a whole GPU``.
        probably_free_at: If all leases run to their end and nobody comes before them; None where
            nobody can know.
    """

    claim: Claim
    place: int
    waiting: int
    waits_for: str
    probably_free_at: datetime | None


@dataclass(frozen=True, slots=True)
class Availability:
    """What a card says before the click: ``2 free now`` or ``next at about 11:40``."""

    free_now: int
    probably_free_at: datetime | None


def outlook(book: Book, now: datetime) -> dict[str, WaitingView]:
    """Everybody in line, by claim; worked out once for all who look at this version."""
    waiting = line(book, now)
    turns = [turn for _, turn in zip(waiting, _turns(Draft(book, now), waiting), strict=False)]
    views = {
        claim.id: WaitingView(
            claim,
            place,
            len(waiting),
            str(claim.wish),
            turns[place - 1] if place <= len(turns) else None,
        )
        for place, claim in enumerate(waiting, start=1)
    }
    for claim in book.claims.values():
        if claim.offer is not None:
            views[claim.id] = WaitingView(claim, 0, len(waiting), str(claim.wish), now)
    return views


def waiting_view(book: Book, name: str, now: datetime) -> WaitingView | None:
    """What the claim's person sees; None if the claim is not in the book."""
    return outlook(book, now).get(name)


def availability(book: Book, kind: Kind, now: datetime) -> Availability:
    """How many claims of *kind* would be granted now, and else when about."""
    draft = Draft(book, now)
    waiting = line(book, now)
    first = next((found for each in waiting if (found := turn(draft, each.kind, now))), None)
    free = 0
    while free < MANY and (spot := best_spot(draft, kind, now, ahead=first)) is not None:
        draft.index.hold(spot.gpu, Hold("", spot.memory, spot.until, None))
        free += 1
    if free:
        return Availability(free, now)
    for _ in _turns(draft, waiting):
        pass
    then = turn(draft, kind, now)
    return Availability(0, then.kept.start if then and len(waiting) <= FAR else None)


def _turns(draft: Draft, waiting: list[Claim]) -> Iterator[datetime | None]:
    """When each of the first in line is served, those before them holding what they got."""
    for claim in waiting[:FAR]:
        found = turn(draft, claim.kind, draft.now)
        if found is not None:
            _keep(draft, found)
        yield found.kept.start if found else None


def _keep(draft: Draft, ahead: Ahead) -> None:
    kept = draft.index.kept
    kept[ahead.gpu] = tuple(sorted((*kept.get(ahead.gpu, ()), ahead.kept)))
