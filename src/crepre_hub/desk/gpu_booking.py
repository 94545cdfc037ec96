"""GPUs kept for a course by hand: by its teachers on a page, by admins at a terminal."""

from __future__ import annotations

import secrets

from crepre_hub.courses.course import Course
from crepre_hub.errors import CourseError
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request
from crepre_hub.gpu.reservations import Interval, Reservation


def request_of(
    course: Course, profile: str, count: int, intervals: tuple[Interval, ...], by: str = ""
) -> Request:
    """
    Shares for *count* servers of *profile* in each of *intervals*, asked for just now.

    Raises:
        CourseError: If it is no profile with a GPU.
    """
    chosen = course.profiles.get(profile)
    if chosen is None or chosen.gpu is None:
        raise CourseError(
            f"{course.id}/{profile} is no profile with a GPU.",
            remedy=f"See: crepre course show {course.id}",
        )
    series = f"hand-{secrets.token_hex(3)}"
    return Request(series, course.id, chosen.gpu, count, intervals, profile, by)


def own_series(book: Book, course: str, name: str) -> tuple[Reservation, ...]:
    """All that is left of the series of *course* that reservation *name* is in, earliest first."""
    chosen = book.reservations.get(name)
    if chosen is None or chosen.course != course:
        return ()
    series = [each for each in book.reservations.values() if each.series == chosen.series]
    return tuple(sorted(series, key=lambda each: each.interval.start))
