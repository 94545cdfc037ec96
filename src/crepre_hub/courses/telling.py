"""
What a server is told of its course, by environment variables.

The names are a seat's only way to know them, on every backend; ``images/seat`` reads them.
"""

from __future__ import annotations

from crepre_hub.courses.course import Course
from crepre_hub.profiles.profile import Profile


def told(course: Course, profile: Profile) -> dict[str, str]:
    """Variables for a server of *profile*."""
    larger = (each for each in course.profiles.values() if each.memory > profile.memory)
    facts = {
        "CREPRE_COURSE_TITLE": course.title,
        "CREPRE_PROFILE_TITLE": profile.title,
        "CREPRE_PROFILE_SIZE": profile.summary,
        "CREPRE_GPU_PROFILES": ", ".join(
            each.title for each in course.profiles.values() if each.gpu
        ),
        "CREPRE_LARGER_PROFILES": ", ".join(f"{each.title} ({each.summary})" for each in larger),
    }
    if course.content is None:
        return facts
    return facts | {
        "CREPRE_CONTENT_REPOSITORY": course.content.repository,
        "CREPRE_CONTENT_BRANCH": course.content.branch,
        "CREPRE_CONTENT_FOLDER": course.content.place,
        "CREPRE_CONTENT_OPEN": course.content.open,
    }
