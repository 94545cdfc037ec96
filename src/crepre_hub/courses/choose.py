"""
From what was posted to what is started.

What a browser or the REST API posts is hostile, and so is a choice that was saved when the
courses were others: nothing of it reaches a backend, it only selects among the offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from crepre_hub.courses.access import Offer, Person, may_use, offers_for, role_in
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.sentences import say

OPTION = "profile"
"""The only option there is; its value is an offer's key."""

LONGEST_KEY = 100
"""Two ids of 40 characters with a slash between have room."""

NO_COURSE = Refused(
    "no-course",
    say("You are not in any course of this lab yet."),
    say("Ask your teacher to add you to the course, or for a join link."),
)

_CHOOSE = say("Choose one of those on the start page.")


def choose(
    courses: Sequence[Course], person: Person, options: object, *, today: date
) -> Offer | Refused:
    """
    The offer that *options* selects for *person*.

    Args:
        courses: All courses of the lab.
        person: Who asks.
        options: What was posted or saved: a mapping with ``profile`` and nothing else, or
            empty where there is just one offer.
        today: In the lab's time zone.
    """
    offers = offers_for(courses, person, today=today)
    if not offers:
        return why_nothing(courses, person, today=today)
    key = _key_or_refused(options, offers)
    if isinstance(key, Refused):
        return key
    return _offer_or_none(offers, key) or _why_not(courses, person, key, today)


def course_asked_for(options: object) -> str:
    """The course that *options* name, whether or not there is one; empty where they name none."""
    key = options.get(OPTION) if isinstance(options, Mapping) else None
    return key.partition("/")[0][:LONGEST_KEY] if isinstance(key, str) else ""


def why_nothing(courses: Iterable[Course], person: Person, *, today: date) -> Refused:
    """Why there is nothing that *person* may start: a course out of term, or no course at all."""
    answers = [
        may_use(course, person, today=today) for course in courses if role_in(course, person)
    ]
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    return next(iter(refusals), NO_COURSE)


def preselected(courses: Iterable[Course], offers: Sequence[Offer], saved: object) -> Offer | None:
    """The last choice if it is still on offer, else a course's default, else the first."""
    key = saved.get(OPTION) if isinstance(saved, dict) else None
    defaults = [f"{course.id}/{course.default_profile}" for course in courses]
    wanted = [key, *defaults]
    found = (offer for want in wanted for offer in offers if offer.key == want)
    return next(found, offers[0] if offers else None)


def _offer_or_none(offers: Sequence[Offer], key: str) -> Offer | None:
    return next((offer for offer in offers if offer.key == key), None)


def _key_or_refused(options: object, offers: Sequence[Offer]) -> str | Refused:
    """The key in *options*; where nothing was chosen and one thing is on offer, its key."""
    if not isinstance(options, dict):
        return Refused("bad-option", say("The choice of a profile was not understood."), _CHOOSE)
    extra = sorted(str(name)[:40] for name in options if name != OPTION)
    if extra:
        return Refused(
            "bad-option", say("There is no option %(names)s.", names=", ".join(extra[:5])), _CHOOSE
        )
    key = options.get(OPTION)
    if key is None and len(offers) == 1:
        return offers[0].key
    if key is None:
        return Refused("no-choice", say("No profile was chosen."), _CHOOSE)
    if not isinstance(key, str) or len(key) > LONGEST_KEY:
        return Refused("bad-option", say("The choice of a profile was not understood."), _CHOOSE)
    return key


def _why_not(courses: Sequence[Course], person: Person, key: str, today: date) -> Refused:
    """Why *key* is not among what *person* may start."""
    course_id, _, profile_id = key.partition("/")
    course = next((course for course in courses if course.id == course_id), None)
    if course is not None and profile_id in course.profiles:
        answer = may_use(course, person, today=today)
        if isinstance(answer, Refused):
            return answer
    return Refused("unknown-profile", say("That profile is not offered any more."), _CHOOSE)
