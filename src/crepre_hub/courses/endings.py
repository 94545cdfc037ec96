"""
Whose homes a course has, and which of them may be removed at its end.

A home is a person's, not a course's: it goes only if nobody has a reason to keep it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role, most_rights
from crepre_hub.courses.term import Term, term_of
from crepre_hub.decisions import Decision, Granted, Refused


@dataclass(frozen=True, slots=True)
class Place:
    """
    What somebody is in a course, or was.

    Attributes:
        kept_until: For whoever has left: the home was promised to stay until then. None for
            whoever is in the course.
    """

    role: Role
    kept_until: datetime | None = None


def everybody(
    course: Course,
    enrolments: Iterable[Enrolment],
    keys_of: Mapping[str, Collection[Key]],
    guests: Collection[str] = (),
    *,
    now: datetime,
) -> Mapping[str, Place]:
    """
    Everybody who is or was in *course*, by user name.

    Whoever ran a server of it and is in no list was its guest while it was open to all: a student
    like any other. Whom a list names by user name is told even without a login; whom it names
    otherwise is known from the first login on, and has no home before.

    Args:
        enrolments: The course's own, ended ones as well.
        keys_of: The keys of everybody who has logged in, by user name.
        guests: User names of whoever has ever run a server of the course.
    """
    by_key: dict[Key, list[Enrolment]] = defaultdict(list)
    for each in enrolments:
        by_key[each.key].append(each)
    known = {key for keys in keys_of.values() for key in keys}
    listed = {key for key in (*course.listed, *by_key) if key.kind is KeyKind.NAME}
    people = {key.text: (key,) for key in listed - known} | dict(keys_of)
    places = {
        name: _place(course, keys, [each for key in keys for each in by_key[key]], now)
        for name, keys in sorted(people.items())
        if any(key in by_key or key in course.listed for key in keys)
    }
    known_places = {name: place for name, place in places.items() if place is not None}
    return {**dict.fromkeys(sorted(guests), Place(Role.STUDENT)), **known_places}


def _place(
    course: Course, keys: Collection[Key], mine: Collection[Enrolment], now: datetime
) -> Place | None:
    here = [each for each in mine if each.counts(now=now)]
    role = course.listed_role(keys) or most_rights(each.role for each in here)
    if role is not None:
        return Place(role)
    over = [each for each in mine if each.until is not None]
    was = most_rights(each.role for each in over)
    if was is None:
        return None
    kept = (e.keep_home_until or e.until + course.keep_homes for e in over if e.until is not None)
    return Place(was, max(kept))


def is_done_with(course: Course, purge_on: date | None, *, today: date) -> bool:
    """Whether *course* needs no home any more: it is over, and its date of purge has come."""
    return purge_on is not None and purge_on <= today and term_of(course, today=today) is Term.OVER


def needs_home(course: Course, place: Place, purge_on: date | None, *, now: datetime) -> bool:
    """Whether *course* has a reason to keep the home of whoever has *place* in it."""
    if place.kept_until is not None:
        return place.kept_until > now
    return not is_done_with(course, purge_on, today=now.astimezone().date())


def may_purge(course: Course, purge_on: date, *, today: date) -> Decision:
    """Whether homes of *course* may be removed at all."""
    if term_of(course, today=today) is not Term.OVER:
        return Refused(
            "course-open",
            f"{course.id} is not closed, so its homes stay.",
            f"To close it: crepre course close {course.id} --stop",
        )
    if purge_on > today:
        return Refused(
            "kept",
            f"Homes of {course.id} are kept until {purge_on}.",
            f"To set another day: crepre course archive {course.id} --purge-on {today}",
        )
    return Granted(f"{course.id} is over")


def may_remove_folders(users: Collection[str], *, keep: bool = False) -> Decision:
    """
    Whether the folders of a course that is over may be removed; no archive has what is in them.

    Args:
        users: Whose servers of the course are there still.
        keep: Somebody has said that they stay.
    """
    if keep:
        return Refused("kept", "--keep-folders")
    if users:
        return Refused("running", f"a server of {', '.join(sorted(users))} is there")
    return Granted("nobody uses them")


def is_due(purge_on: date, last_purge: datetime | None, *, today: date) -> bool:
    """Whether a day of purge has come, and nothing has been removed since."""
    has_come = purge_on <= today
    return has_come and (last_purge is None or last_purge.astimezone().date() < purge_on)


@dataclass(frozen=True, slots=True)
class Claims:
    """
    What speaks for keeping one home.

    Attributes:
        is_running: A server of its owner runs.
        is_admin: Its owner is an admin of the lab, who may use every course.
        needed_by: Other courses that need it.
        kept_until: As in ``Place``.
        archive: What is wrong with its archive; empty if that is whole and holds all of it.
    """

    is_running: bool = False
    is_admin: bool = False
    needed_by: tuple[str, ...] = ()
    kept_until: datetime | None = None
    archive: str = ""


def may_remove(claims: Claims, *, now: datetime, without_archive: bool = False) -> Decision:
    """Whether one home may be removed; the first claim that stands is told."""
    if claims.is_running:
        return Refused("running", "a server runs")
    if claims.is_admin:
        return Refused("admin", "an admin of the lab")
    if claims.needed_by:
        return Refused("needed", f"needed by {', '.join(claims.needed_by)}")
    if claims.kept_until is not None and claims.kept_until > now:
        return Refused("kept", f"left, and kept until {claims.kept_until.astimezone():%Y-%m-%d}")
    if claims.archive and not without_archive:
        return Refused("archive", claims.archive)
    return Granted("nobody needs it")
