"""Who looks at the GPUs: the courses whose titles they know, and whose people they know by name."""

from __future__ import annotations

from typing import Literal

from crepre_hub.courses.access import role_in
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.desk.people import HubUser


def reader_of(
    user: HubUser, desks: CourseDesks, names: Literal["initials", "full", "none"]
) -> Reader:
    """*user*, with what the lab shows to them of others' *names*."""
    people = desks.people
    person = people.person(user.name, is_admin=user.is_admin)
    known = {
        course.id: course.title
        for course in people.courses().values()
        if user.is_admin or role_in(course, person)
    }
    staff_of = {course.id for course in desks.page.courses_of(user)}
    return Reader(user.name, user.is_admin, staff_of, known, names)
