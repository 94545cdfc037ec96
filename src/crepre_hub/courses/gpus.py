"""What a course's file says about GPUs beside its profiles: an allowance, and kept lessons."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crepre_hub.courses.days import Day, TimeOfDay
from crepre_hub.units import Duration

LONGEST = timedelta(days=366)

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class KeptGpus(BaseModel):
    """
    GPUs kept for the course, once or every week.

    Attributes:
        profile: Whose share is kept.
        seats: For how many servers of it.
        day: The first, or only, day.
        starts: In the lab's time zone.
        ends: On the same day.
        until: The last day on which the same weekday counts; None for once.
    """

    model_config = _STRICT

    profile: Annotated[str, Field(min_length=1)]
    seats: Annotated[int, Field(ge=1, le=10_000)]
    day: Day
    starts: TimeOfDay
    ends: TimeOfDay
    until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError(f"ends at {self.ends:%H:%M}, and starts at {self.starts:%H:%M}")
        if self.until is not None and self.until < self.day:
            raise ValueError(f"until {self.until}, which is before the first day, {self.day}")
        if self.until is not None and self.until - self.day > LONGEST:
            raise ValueError(f"until {self.until}, more than a year after {self.day}")
        return self

    def first(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Begin and end of the first lesson, in *zone*."""
        return (
            datetime.combine(self.day, self.starts, zone),
            datetime.combine(self.day, self.ends, zone),
        )


class CourseGpus(BaseModel):
    """
    How much of the GPUs a course may use, and when they are kept for it.

    Attributes:
        allowance: Time on a whole GPU, for each person in a week; None for no such bound.
        lessons_count: Whether what is used while GPUs are kept for the course counts as well.
    """

    model_config = _STRICT

    allowance: Duration | None = None
    lessons_count: bool = False
    reservations: tuple[KeptGpus, ...] = ()
