"""What the passing of time does to the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.draft import DONE, Change, Draft
from crepre_hub.gpu.events import (
    NoShowReleased,
    Notice,
    OfferLapsed,
    OfferProlonged,
    OfferWithdrawn,
    StaysForLesson,
)
from crepre_hub.gpu.line import may_serve, settle
from crepre_hub.gpu.moving import may_be_lost, place_again
from crepre_hub.gpu.reservations import Place, Reservation
from crepre_hub.gpu.rules import Rules

NO_TIME = timedelta(0)


def tick(book: Book, now: datetime) -> Change:
    """
    Do what is due at *now*: notices, ends, offers that lapse, no-shows, then the line.

    However late it comes, it does all of it; until then shares stay held, never lent twice.
    """
    soon = now + max(book.rules.notices, default=NO_TIME)
    near = [lease for lease in book.leases.values() if lease.ends <= soon]
    ending = [lease for lease in near if _is_due(lease, book.rules, now)]
    lapsed = [each for each in book.claims.values() if each.offer and each.offer.until <= now]
    begun = [book.reservations[name] for name in book.index.begun(now)]
    over = [each for each in begun if _is_over(each, book.rules, now)]
    if not (ending or lapsed or over or may_be_lost(book) or may_serve(book.index)):
        return Change(book, DONE)
    draft = Draft(book, now)
    for lease in ending:
        _look_at(draft, lease)
    for claim in lapsed:
        _lapse(draft, claim)
    for reservation in over:
        _pass_over(draft, draft.reservations[reservation.id])
    place_again(draft)
    settle(draft)
    return draft.close() if draft.events else Change(book, DONE)


def prolong_offers(book: Book, now: datetime) -> Change:
    """
    Nobody could take an offer for a while: each has a whole window from *now* on.

    One whose lease would by then be too short to be of use is withdrawn; its claim is served again
    from its old place.
    """
    offered = [each for each in book.claims.values() if each.offer is not None]
    if not offered:
        return Change(book, DONE)
    draft = Draft(book, now)
    for each in offered:
        _prolong(draft, each)
    settle(draft)
    return draft.close()


def _prolong(draft: Draft, claim: Claim) -> None:
    assert claim.offer is not None
    until = draft.now + draft.rules.claim_window
    if claim.offer.latest - until < claim.least:
        draft.tell(OfferWithdrawn(draft.without_offer(claim)))
        return
    longer = claim._replace(offer=claim.offer._replace(until=until))
    draft.claims[claim.id] = longer  # it holds what it held
    draft.tell(OfferProlonged(longer))


def due_at(book: Book, now: datetime) -> datetime | None:
    """The next moment at which ``tick`` has something to do; None if nothing is to come."""
    return min(_moments(book, now), default=None)


def _moments(book: Book, now: datetime) -> Iterator[datetime]:
    for lease in book.leases.values():
        if lease.ending is None:
            yield lease.ends
            yield from (lease.ends - n for n in book.rules.notices if _is_new(lease, n))
    yield from (c.offer.until for c in book.claims.values() if c.offer is not None)
    for reservation in book.reservations.values():
        if reservation.interval.start > now:
            yield reservation.interval.start
        else:
            yield from _moments_of(reservation, book.rules)


def _moments_of(reservation: Reservation, rules: Rules) -> Iterator[datetime]:
    yield reservation.interval.end
    for place in reservation.places:
        if _is_empty(place):
            yield _no_show_at(reservation, place, rules)


def _is_due(lease: Lease, rules: Rules, now: datetime) -> bool:
    """Whether it ends now, or a notice is to be given."""
    if lease.ending is not None:
        return False
    left = lease.ends - now
    return left <= NO_TIME or any(left <= n and _is_new(lease, n) for n in rules.notices)


def _look_at(draft: Draft, lease: Lease) -> None:
    """Its end, or a notice before it."""
    left = lease.ends - draft.now
    if left <= NO_TIME:
        if not _stays_for_lesson(draft, lease):
            draft.stop(lease, Why.TIME_IS_UP)
        return
    told = lease._replace(told=min(notice for notice in draft.rules.notices if left <= notice))
    draft.put_lease(told)
    draft.tell(Notice(told, left))


def _is_new(lease: Lease, notice: timedelta) -> bool:
    return lease.told is None or notice < lease.told


def _stays_for_lesson(draft: Draft, lease: Lease) -> bool:
    """Whoever sits on a GPU that their own course has reserved from now on may stay on it."""
    for start, name in draft.index.lessons.get(lease.course, ()):
        reservation = draft.reservations[name]
        if start > draft.now:
            break
        if not reservation.interval.holds(draft.now):
            continue
        for number, place in enumerate(reservation.places):
            if _is_empty(place) and place.gpu == lease.gpu and lease.memory <= place.memory:
                _stay(draft, lease, reservation, number)
                return True
    return False


def _stay(draft: Draft, lease: Lease, reservation: Reservation, number: int) -> None:
    end = reservation.interval.end
    more = (end - lease.ends).total_seconds() * draft.share(lease.gpu, lease.memory)
    draft.fill_place(reservation.id, number, lease.id)
    draft.charge(lease.course, more)
    charged = lease.charged + more
    after = lease._replace(
        ends=end,
        reservation=reservation.id,
        told=None,
        charged=charged,
        lesson_from=lease.lesson_from or draft.now,
        lesson_until=end,
    )
    draft.put_lease(after)
    draft.tell(StaysForLesson(after))


def _lapse(draft: Draft, claim: Claim) -> None:
    """The offer was not taken: behind the others once or twice, then out of the line."""
    missed = claim.missed + 1
    if missed >= draft.rules.lapses:
        draft.end_claim(claim, Why.LAPSED)
        return
    draft.without_offer(claim)
    behind = claim._replace(offer=None, missed=missed, since=draft.now)
    draft.put_claim(behind)
    draft.tell(OfferLapsed(behind))


def _is_over(reservation: Reservation, rules: Rules, now: datetime) -> bool:
    """Whether one that has begun is over, or nobody came for one of its places."""
    return reservation.interval.end <= now or bool(_missed(reservation, rules, now))


def _missed(reservation: Reservation, rules: Rules, now: datetime) -> list[int]:
    """The places for which nobody came in time."""
    return [
        number
        for number, place in enumerate(reservation.places)
        if _is_empty(place) and _no_show_at(reservation, place, rules) <= now
    ]


def _pass_over(draft: Draft, reservation: Reservation) -> None:
    """Forget a reservation that is over; release the places for which nobody came."""
    if reservation.interval.end <= draft.now:
        draft.drop_reservation(reservation)
        return
    due = _missed(reservation, draft.rules, draft.now)
    if due:
        places = tuple(
            replace(place, released=True) if number in due else place
            for number, place in enumerate(reservation.places)
        )
        after = replace(reservation, places=places)
        draft.put_reservation(after)
        draft.tell(NoShowReleased(after, len(due)))


def _is_empty(place: Place) -> bool:
    return not place.lease and not place.released


def _no_show_at(reservation: Reservation, place: Place, rules: Rules) -> datetime:
    since = reservation.interval.start
    if place.empty_since is not None and place.empty_since > since:
        since = place.empty_since
    return since + rules.no_show
