"""Reservations: made, refused with what is in the way, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.draft import Change, Draft
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.line import settle
from crepre_hub.gpu.moving import room_for
from crepre_hub.gpu.reservations import Interval, Reservation
from crepre_hub.gpu.room import Books, lent_for
from crepre_hub.sentences import Sentence, say, together

MOST_NAMED = 3
"""How many things in the way a refusal names."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    What a course asks to have kept.

    Attributes:
        series: Id for all of it; the reservation of interval *n* is ``<series>/<n>``.
        count: How many shares in each interval.
        intervals: One, or a term's.
        profile: As in ``Reservation``.
        by: As in ``Reservation``.
    """

    series: str
    course: str
    wish: Wish
    count: int
    intervals: tuple[Interval, ...]
    profile: str = ""
    by: str = ""


Called = Callable[[str], str]
"""What whoever asks may call a course, by its id."""


def reserve(book: Book, request: Request, now: datetime, called: Called = str) -> Change:
    """Keep all that is asked for, or nothing: then the answer says what is in the way."""
    if (refused := _is_no_request(book, request, now)) is not None:
        return Change(book, refused)
    draft = Draft(book, now)
    for number, interval in enumerate(request.intervals):
        name = f"{request.series}/{number}"
        if (refused := _keep(draft, request, interval, name, called)) is not None:
            return Change(book, refused)
    settle(draft)
    return draft.close(Granted("reserved"))


def _is_no_request(book: Book, request: Request, now: datetime) -> Refused | None:
    if any(each.series == request.series for each in book.reservations.values()):
        known = say("There is a reservation %(name)s already.", name=request.series)
        return Refused("reservation-known", known)
    if request.count < 1 or not request.intervals:
        return Refused("reservation-empty", say("A reservation needs one share and one interval."))
    for interval in request.intervals:
        if interval.end <= interval.start:
            return Refused("interval-empty", say("A reservation ends after it begins."))
        if interval.end <= now:
            over = say("%(day)s is over.", day=book.rules.day(interval.end))
            return Refused("interval-past", over, say("Choose a later day."))
    return None


def _keep(
    draft: Draft, request: Request, interval: Interval, name: str, called: Called
) -> Refused | None:
    places = room_for(draft, request.wish, interval, request.count, draft.now)
    if len(places) < request.count:
        return Refused(
            "overlap",
            _no_room(draft, request, interval, len(places), called),
            say("Ask for fewer, or for another time."),
        )
    draft.put_reservation(
        Reservation(
            name,
            request.series,
            request.course,
            interval,
            request.wish,
            places,
            request.profile,
            request.by,
        )
    )
    return None


def _no_room(
    draft: Draft, request: Request, interval: Interval, count: int, called: Called
) -> Sentence:
    """When it is that only *count* can be kept, and what is in the way."""
    rules = draft.rules
    in_the_way = [
        say(
            "%(course)s has %(count)s from %(start)s until %(end)s",
            course=called(each.course),
            count=_count_on(draft, request.wish, each),
            start=rules.day(each.interval.start),
            end=rules.end(each.interval.start, each.interval.end),
        )
        for each in overlapping(draft, request.wish, interval)
        if each.series != request.series
    ]
    in_the_way += _leases_beyond(draft, request.wish, interval)
    return say(
        "%(day)s: only %(count)s of %(wanted)s can be kept: %(why)s.",
        day=rules.day(interval.start),
        count=count,
        wanted=request.count,
        why=_named(in_the_way),
    )


def _named(in_the_way: Sequence[Sentence]) -> Sentence:
    if not in_the_way:
        return say("the lab has no more")
    more = len(in_the_way) - MOST_NAMED
    rest = [say("and %(count)s more", count=more)] if more > 0 else []
    return together(*in_the_way[:MOST_NAMED], *rest, between="; ")


def overlapping(books: Book | Draft, wish: Wish, interval: Interval) -> Sequence[Reservation]:
    """Reservations that keep, during *interval*, a GPU which could serve *wish*."""
    return [
        each
        for each in books.reservations.values()
        if each.interval.meets(interval) and _count_on(books, wish, each)
    ]


def _count_on(books: Books, wish: Wish, kept: Reservation) -> int:
    """How many places *kept* has on GPUs which could serve *wish*."""
    gpus = {gpu.uuid for gpu, _ in lent_for(wish, books.index.lent)}
    return sum(place.gpu in gpus and not place.released for place in kept.places)


def _leases_beyond(draft: Draft, wish: Wish, interval: Interval) -> list[Sentence]:
    gpus = {gpu.uuid: gpu for gpu, _ in lent_for(wish, draft.index.lent)}
    ends = sorted(
        hold.ends
        for uuid in gpus
        for hold in draft.index.holds.get(uuid, ())
        if hold.ends > interval.start and hold.on_top is None
    )
    return [say("one is lent until %(day)s", day=draft.rules.day(moment)) for moment in ends]


def cancel_to_come(book: Book, series: str, now: datetime) -> Change:
    """Of *series*, keep only what is under way; may be repeated."""
    mine = [each for each in book.reservations.values() if each.series == series]
    to_come = [each for each in mine if each.interval.start > now]
    if not to_come:
        return Change(book, Granted("cancelled"))
    draft = Draft(book, now)
    for each in to_come:
        draft.drop_reservation(each)
    settle(draft)
    return draft.close(Granted("cancelled"))


def asked_anew(book: Book, wanted: Mapping[str, Request], now: datetime) -> dict[str, Request]:
    """
    Of the series *wanted* those that the book does not have, with what is still to be kept.

    A lesson that is under way goes on as it began, and is not asked for a second time.
    """
    known = {each.series for each in book.reservations.values()}
    new = {name: _to_come(book, wanted[name], now) for name in wanted if name not in known}
    return {name: request for name, request in new.items() if request.intervals}


def _to_come(book: Book, request: Request, now: datetime) -> Request:
    """*request* without what its course has already, under another series, and is under way."""
    under_way = [
        each.interval
        for each in book.reservations.values()
        if each.course == request.course
        and each.profile == request.profile
        and not each.cancelled
        and each.series != request.series
        and each.interval.holds(now)
    ]
    left = tuple(
        each
        for each in request.intervals
        if not (each.holds(now) and any(each.meets(other) for other in under_way))
    )
    return replace(request, intervals=left)


def cancel(book: Book, name: str, now: datetime) -> Change:
    """
    Keep nothing any more for reservation or series *name*.

    Whoever holds a place of it keeps the lease until it ends. What a course's file asks for stays
    cancelled for as long as the file asks for the same.
    """
    mine = [
        each
        for each in book.reservations.values()
        if name in (each.id, each.series) and not each.cancelled
    ]
    if not mine:
        unknown = say("There is no reservation %(name)s to come.", name=name)
        return Change(book, Refused("no-such-reservation", unknown))
    draft = Draft(book, now)
    for each in mine:
        draft.drop_reservation(each)
        if each.is_from_file:
            draft.put_reservation(each.as_cancelled())
    settle(draft)
    return draft.close(Granted("cancelled"))


def bring_back(book: Book, name: str, now: datetime, called: Called = str) -> Change:
    """Keep again what was cancelled of reservation or series *name* of a file, all or nothing."""
    mine = [
        each
        for each in book.reservations.values()
        if each.cancelled and name in (each.cancelled, each.series) and now < each.interval.end
    ]
    if not mine:
        unknown = say("Nothing of %(name)s is cancelled that is still to come.", name=name)
        return Change(book, Refused("no-such-reservation", unknown))
    draft = Draft(book, now)
    for each in mine:
        draft.drop_reservation(each)
        request = Request(
            each.series, each.course, each.wish, len(each.places), (), each.profile, each.by
        )
        refused = _keep(draft, request, each.interval, each.cancelled, called)
        if refused is not None:
            return Change(book, refused)
    settle(draft)
    return draft.close(Granted("reserved"))
