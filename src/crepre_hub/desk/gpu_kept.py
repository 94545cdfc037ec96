"""What the courses' files ask to have kept of the GPUs, as requests to the book."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from crepre_hub.courses.course import Course
from crepre_hub.gpu.booking import Request
from crepre_hub.gpu.reservations import FROM_FILE
from crepre_hub.settings.gpu_problems import intervals_of


def kept_in_files(courses: Iterable[Course], zone: tzinfo, now: datetime) -> Mapping[str, Request]:
    """
    Requests by series, whose name changes with whatever is asked for.

    Lessons that are over, and reservations of profiles without a GPU, ask for nothing.
    """
    wanted = {}
    for course in courses:
        for kept in course.gpus.reservations:
            profile = course.profiles.get(kept.profile)
            intervals = intervals_of(kept, zone, now)
            if profile is None or profile.gpu is None or not intervals:
                continue
            text = f"{kept!r} {profile.gpu!r} {zone}"
            series = f"{FROM_FILE}{course.id}/{hashlib.sha256(text.encode()).hexdigest()[:10]}"
            asked = (series, course.id, profile.gpu, kept.seats, intervals)
            wanted[series] = Request(*asked, profile=kept.profile)
    return wanted
