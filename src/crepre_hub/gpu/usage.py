"""GPU time that was used: what is written down of each lease, and what counts in the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.gpu.claims import Lease, Why


@dataclass(frozen=True, slots=True)
class Used:
    """
    One lease, once it is over. Written once.

    Attributes:
        share: Part of the GPU's memory, 1 for all of it.
        seconds: How long the share was held.
        waited: Seconds from asking to the grant.
        lesson: Whether any of it was in a place of a lesson.
        lesson_seconds: How long it was.
    """

    lease: str
    person: str
    course: str
    profile: str
    gpu: str
    share: float
    start: datetime
    end: datetime
    waited: float
    lesson: bool
    why: Why
    lesson_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the share was held."""
        return (self.end - self.start).total_seconds()

    @property
    def share_seconds(self) -> float:
        """Seconds of a whole GPU that this is worth."""
        return self.share * self.seconds


@dataclass(frozen=True, slots=True)
class Usage:
    """
    A course's share-seconds, as they counted at the moment *at*: older ones count less.

    Running leases are charged in full when they are granted, and what they did not use is given
    back at their end; so a course cannot take every GPU in the minute before any of it counts.
    """

    seconds: float
    at: datetime

    def on(self, now: datetime, half_life: timedelta) -> float:
        """What it counts at *now*."""
        return self.seconds * float(0.5 ** ((now - self.at) / half_life))

    def plus(self, seconds: float, now: datetime, half_life: timedelta) -> Usage:
        """With *seconds* more (or fewer) from *now* on."""
        return Usage(max(0.0, self.on(now, half_life) + seconds), now)


def used(lease: Lease, share: float, why: Why, now: datetime) -> Used:
    """What is written down of *lease* when its share comes free at *now*."""
    return Used(
        lease=lease.id,
        person=lease.person,
        course=lease.course,
        profile=lease.profile,
        gpu=lease.gpu,
        share=share,
        start=lease.start,
        end=max(now, lease.start),
        waited=lease.waited.total_seconds(),
        lesson=bool(lease.reservation),
        why=why,
        lesson_seconds=lease.in_lesson(lease.start, max(now, lease.start)).total_seconds(),
    )
