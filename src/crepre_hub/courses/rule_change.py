"""What a login changes in the enrolments that come from rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.identity import Identity
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role, most_rights
from crepre_hub.courses.roster import RosterChange, Wanted, plan_roster
from crepre_hub.courses.rules import Rule


def plan_rules(
    course: Course, identity: Identity, mine: Enrolment | None, *, moment: datetime
) -> RosterChange:
    """
    What the login of *identity* changes in *course*.

    A login ends an enrolment only where it speaks for it: the same provider let the person in,
    and a rule of the course looks at what this login brought, or none is left that looks at this
    provider at all. A launch from another course of the learning platform, or a login by another
    provider, ends nothing.

    Args:
        mine: What the rules made of this person before; it may have ended.
    """
    found = [(role, rule) for rule in course.rules if (role := rule.role_for(identity))]
    wanted = [_wanted(identity, found)] if found else []
    if not wanted and not _speaks_for(course, identity, mine):
        return RosterChange(course.id, Origin.RULE)
    change = plan_roster(
        course.id,
        now=[mine] if mine else [],
        wanted=wanted,
        origin=Origin.RULE,
        moment=moment,
        keep_home_until=moment + course.keep_homes,
    )
    joined = tuple(replace(each, by=identity.issuer[:255]) for each in change.join)
    return replace(change, join=joined)


def _wanted(identity: Identity, found: list[tuple[Role, Rule]]) -> Wanted:
    role = most_rights(role for role, _ in found) or Role.STUDENT
    section = next((rule.section for each, rule in found if each is role and rule.section), "")
    return Wanted(Key(KeyKind.NAME, identity.name), role, section, identity.display_name)


def _speaks_for(course: Course, identity: Identity, mine: Enrolment | None) -> bool:
    if mine is None or mine.by != identity.issuer[:255]:
        return False
    looked_at = tuple(_looked_at(course, identity))
    return any(looked_at) or not looked_at


def _looked_at(course: Course, identity: Identity) -> Iterator[bool]:
    for rule in course.rules:
        if rule.issuer in ("", identity.issuer):
            context = identity.lti.context if identity.lti else None
            yield rule.claim is not None or rule.lti_context == context
