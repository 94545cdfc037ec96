"""Who may start what. Pure rules; each answer knows why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import STAFF, Role, most_rights
from crepre_hub.courses.telling import told
from crepre_hub.courses.term import out_of_term, shut_by_hand
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.profiles.profile import Placement, Profile
from crepre_hub.sentences import say


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody who is logged in; an admin of the lab may use every course.

    Attributes:
        name: The user name.
        other_keys: Verified e-mail and provider's id, as the last login proved them.
        enrolments: Of this person, those that count now; what course files say is not in them.
    """

    name: str
    is_admin: bool = False
    other_keys: frozenset[Key] = frozenset()
    enrolments: tuple[Enrolment, ...] = ()

    @property
    def keys(self) -> frozenset[Key]:
        """Everything by which a list may know this person."""
        return self.other_keys | {Key(KeyKind.NAME, self.name)}


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


def enrolled_role(course: Course, person: Person) -> Role | None:
    """
    What *person* is in *course* by name, so to say; in an open course a stranger is nothing yet.

    The course file decides where it names the person: the admin wrote it. Otherwise the role
    with the most rights counts, such as for a student of last year who assists now.
    """
    listed = course.listed_role(person.keys)
    mine = (each.role for each in person.enrolments if each.course == course.id)
    return listed or most_rights(mine)


def role_in(course: Course, person: Person) -> Role | None:
    """What *person* is in *course*; in an open course everybody is at least a student."""
    return enrolled_role(course, person) or (Role.STUDENT if course.open else None)


def writes_data(course: Course, person: Person) -> bool:
    """Whether *person* may change the data of *course*; what others send them changes nothing."""
    return person.is_admin or enrolled_role(course, person) in STAFF


def may_use(course: Course, person: Person, *, today: date) -> Decision:
    """
    Whether *person* may start servers of *course*.

    Its dates bind students alone; a course that was closed by hand is closed to its staff as well.
    """
    role = role_in(course, person)
    refusal = _no_member(course) if role is None else out_of_term(course, today=today)
    is_free = role in STAFF and shut_by_hand(course) is None
    if is_free or refusal is None:
        return Granted(f"{role} of {course.id}")
    return Granted("admin of the lab") if person.is_admin else refusal


def _no_member(course: Course) -> Refused:
    return Refused(
        "not-in-course",
        say("You are not in the course %(course)s.", course=course.id),
        say("Ask its teacher to add you."),
    )


def offers_for(courses: Iterable[Course], person: Person, *, today: date) -> tuple[Offer, ...]:
    """Every profile *person* may start, by course, in the order of the files."""
    return tuple(
        Offer(course, profile_id)
        for course in courses
        if isinstance(may_use(course, person, today=today), Granted)
        for profile_id in course.profiles
    )
