"""GPU hours that a person has left in a course this week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from crepre_hub.decisions import Granted, Refused
from crepre_hub.gpu.claims import Lease
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.usage import Used
from crepre_hub.sentences import duration, say


@dataclass(frozen=True, slots=True)
class Allowance:
    """
    What a course permits each person.

    Attributes:
        week: Time on a whole GPU from Monday to Sunday; None for as much as they like.
        lessons_count: Whether time in a lesson's place counts as well.
    """

    week: timedelta | None = None
    lessons_count: bool = False


def week_of(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The Monday before *now* and the one after it, at midnight in *zone*."""
    here = now.astimezone(zone)
    monday = here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(here.weekday())
    return monday, monday + timedelta(weeks=1)


def spent(
    allowance: Allowance,
    past: Iterable[Used],
    running: Iterable[tuple[Lease, float]],
    now: datetime,
    zone: tzinfo,
) -> timedelta:
    """
    Time on a whole GPU that counts this week: a quarter of a GPU for four hours is one.

    Args:
        allowance: The course's.
        past: The person's leases in this course that are over, of this week at least.
        running: Those that are not, each with its part of the GPU.
        now: When.
        zone: The lab's, which says when a week begins.
    """
    monday, _ = week_of(now, zone)
    total = timedelta(0)
    for used in past:
        free = timedelta(seconds=0 if allowance.lessons_count else used.lesson_seconds)
        total += used.share * max(used.end - max(used.start, monday) - free, timedelta(0))
    for lease, share in running:
        begin = max(lease.start, monday)
        free = timedelta(0) if allowance.lessons_count else lease.in_lesson(begin, now)
        total += share * max(now - begin - free, timedelta(0))
    return total


def left(allowance: Allowance, counted: timedelta) -> timedelta | None:
    """What is left of the week; None for as much as they like."""
    return None if allowance.week is None else max(allowance.week - counted, timedelta(0))


def may_claim(
    allowance: Allowance, counted: timedelta, wish: Wish, *, least: timedelta, in_lesson: bool
) -> Granted | Refused:
    """
    Whether somebody who has used *counted* this week may ask for a GPU.

    Args:
        allowance: The course's.
        counted: What ``spent`` says.
        wish: What they ask for, for the sentence.
        least: A shorter lease is of no use to them.
        in_lesson: The course's lesson is on, and has a place for them.
    """
    rest = left(allowance, counted)
    if rest is None:
        return Granted("no-allowance")
    if in_lesson and not allowance.lessons_count:
        return Granted("lesson")
    if rest >= least:
        return Granted("allowance-left")
    assert allowance.week is not None
    return Refused(
        "allowance-used",
        say(
            "You have used your %(time)s of GPU time for this week, so %(wish)s has to wait.",
            time=duration(allowance.week),
            wish=wish.said,
        ),
        say("On Monday you have all of it again; profiles without a GPU are open to you now."),
    )
