"""Who may start what. Pure rules; each answer knows why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crepre_hub.courses.course import Course
from crepre_hub.courses.telling import told
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.profiles.profile import Placement, Profile


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in; an admin of the lab may use every course."""

    name: str
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One profile that a person may start."""

    course: Course
    profile_id: str

    @property
    def key(self) -> str:
        """What the spawn form posts: ``course/profile``."""
        return f"{self.course.id}/{self.profile_id}"

    @property
    def profile(self) -> Profile:
        """The profile itself."""
        return self.course.profiles[self.profile_id]

    @property
    def placement(self) -> Placement:
        """The server to start for this offer."""
        profile = self.profile
        return Placement(
            course=self.course.id,
            profile=self.profile_id,
            image=profile.image,
            cpus=profile.cpus,
            memory=profile.memory,
            environment=told(self.course, profile),
        )


def may_use(course: Course, person: Person) -> Decision:
    """Whether *person* may start servers of *course*."""
    role = course.role_of(person.name)
    if role is not None:
        return Granted(f"{role} of {course.id}")
    if person.is_admin:
        return Granted("admin of the lab")
    return Refused(
        "not-in-course",
        f"You are not in the course {course.id}.",
        "Ask its teacher to add you.",
    )


def offers_for(courses: Iterable[Course], person: Person) -> tuple[Offer, ...]:
    """Every profile *person* may start, by course, in the order of the files."""
    return tuple(
        Offer(course, profile_id)
        for course in courses
        if isinstance(may_use(course, person), Granted)
        for profile_id in course.profiles
    )
