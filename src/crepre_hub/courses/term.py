"""Whether a course is open: its dates, and what an admin typed over them."""

from __future__ import annotations

import enum
from datetime import date

from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.sentences import say

ASK = say("If you still need it, ask its teacher.")


class Term(enum.StrEnum):
    """How a course is on a day."""

    BEFORE = "not open yet"
    OPEN = "open"
    OVER = "closed"


def term_of(course: Course, *, today: date) -> Term:
    """What was typed decides while it counts, else the dates; the first and last day are open."""
    if course.switch is not None:
        return Term.OPEN if course.switch.is_open else Term.OVER
    if course.opens is not None and today < course.opens:
        return Term.BEFORE
    if course.closes is not None and today > course.closes:
        return Term.OVER
    return Term.OPEN


def shut_by_hand(course: Course) -> Refused | None:
    """
    Why nobody but admins starts anything, if a course was closed by hand.

    It is called by its title, since a student has never seen its short name.
    """
    if course.switch is None or course.switch.is_open:
        return None
    reason = course.switch.reason.rstrip(". ")
    if reason:
        text = say("The course %(course)s is closed: %(why)s.", course=course.title, why=reason)
    else:
        text = say("The course %(course)s is closed.", course=course.title)
    return Refused("course-closed", text, ASK)


def out_of_term(course: Course, *, today: date) -> Refused | None:
    """Why students start nothing today, if so."""
    if shut := shut_by_hand(course):
        return shut
    match term_of(course, today=today):
        case Term.BEFORE:
            text = say(
                "The course %(course)s opens on %(day)s.", course=course.title, day=course.opens
            )
            return Refused("course-not-open-yet", text, say("Come back then."))
        case Term.OVER:
            text = say(
                "The course %(course)s closed on %(day)s.", course=course.title, day=course.closes
            )
            return Refused("course-closed", text, ASK)
    return None
