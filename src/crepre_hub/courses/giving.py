"""Which roles somebody may give and take in a course, so that nobody raises themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange


def roles_to_give(role: Role | None, *, is_admin: bool) -> frozenset[Role]:
    """
    What somebody who is *role* in a course may make others there, and may end.

    A teacher cannot make teachers: what an admin of the lab decided would spread from hand to hand.
    """
    if is_admin:
        return frozenset(Role)
    return frozenset({Role.ASSISTANT, Role.STUDENT}) if role is Role.TEACHER else frozenset()


def allowed_part(
    change: RosterChange, given: Collection[Role]
) -> tuple[RosterChange, tuple[Enrolment, ...]]:
    """
    *change* without what gives or takes a role that is not among *given*.

    Returns:
        The rest of the change, and the enrolments that it leaves as they are: as the list wants
        them, or as they are where it would end them.
    """
    join = tuple(each for each in change.join if each.role in given)
    leave = tuple(each for each in change.leave if each.role in given)
    pairs = tuple(pair for pair in change.change if _may_change(*pair, given))
    left_out = (
        *(each for each in change.join if each not in join),
        *(each for each in change.leave if each not in leave),
        *(after for before, after in change.change if (before, after) not in pairs),
    )
    return replace(change, join=join, leave=leave, change=pairs), left_out


def _may_change(before: Enrolment, after: Enrolment, given: Collection[Role]) -> bool:
    return before.role is after.role or {before.role, after.role} <= set(given)
