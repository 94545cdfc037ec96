"""
From roles in courses to JupyterHub's groups, roles and scopes: one pure table.

Five groups for each course. Three say who is what: ``course:<id>:teachers``, ``…:assistants``,
``…:students``. Two say whose servers may be reached at this moment, and by whom:
``…:reached-by-staff`` and ``…:reached-by-teachers``. The staff's RBAC roles point at these groups,
so reach follows what is written here and nothing else.

A person has one home and one server, which may be started for any of their courses. Reach goes by
the course that the server runs for: while it runs for another course, or for one that is not
known, nobody but its owner and admins gets in.

Whom a student has invited gets in all the same. Each invitation is two groups, its owner and its
guest, and a role that the second holds over the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crepre_hub.courses.invitation import Invitation
from crepre_hub.courses.roles import STAFF, Role

GROUP_PREFIX = "course:"
ROLE_PREFIX = "course-"
"""Groups and roles whose names begin so are the lab's own: those not in the table are removed."""

BY_STAFF = "reached-by-staff"
BY_TEACHERS = "reached-by-teachers"
GUEST_GROUPS = ("inviting", "guests")


_GUEST = ("access:servers", "read:servers")
_REACH = ("access:servers", "read:servers", "delete:servers", "list:users", "read:users:activity")


@dataclass(frozen=True, slots=True)
class Member:
    """
    A user of the hub.

    Attributes:
        roles: By course, as somebody was enrolled; being let into an open course is none.
        running: The courses that the person's servers run for, starting and stopping ones as
            well; empty text for a server of which it is not known.
    """

    name: str
    is_admin: bool
    roles: Mapping[str, Role]
    running: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """
    What JupyterHub is to know.

    Attributes:
        groups: Members by name of the group, empty groups as well.
        roles: Scopes by name of the role.
        holders: The group that holds each role.
    """

    groups: Mapping[str, frozenset[str]]
    roles: Mapping[str, tuple[str, ...]]
    holders: Mapping[str, str]


def group_of(course: str, what: str) -> str:
    """A group's name: *what* is ``teachers``, ``assistants``, ``students`` or a reach."""
    return f"{GROUP_PREFIX}{course}:{what}"


def role_name(course: str, role: Role) -> str:
    """The RBAC role of the staff of a course."""
    return f"{ROLE_PREFIX}{course}-{role}"


def guest_role(invitation: str) -> str:
    """The RBAC role of whoever came by an invitation."""
    return f"{ROLE_PREFIX}guest-{invitation}"


def _stands(one: Invitation, known: Mapping[str, Member]) -> bool:
    """Whether those of both who are *known* still are what they were when one invited the other."""
    owner, guest = known.get(one.owner), known.get(one.guest)
    is_staff = guest is None or guest.roles.get(one.course) in STAFF
    return is_staff and (owner is None or not (owner.is_admin or set(owner.roles.values()) & STAFF))


def may_reach(course: str, actor: Role | None, member: Member, *, is_open: bool = False) -> bool:
    """
    Whether an *actor* in *course* may open, start and stop the servers of *member*.

    - Students' servers are reached by assistants and teachers, assistants' by teachers.
    - Nobody's who is an admin, or staff of another course: whoever can write into a home can
      act as its owner.
    - A running server is reached only in the course that it runs for. That goes for people who
      use an open course without being enrolled in it, too: only while they do.
    """
    return actor in _reached_by(course, member, is_open=is_open)


def _reached_by(course: str, member: Member, *, is_open: bool) -> frozenset[Role]:
    role = member.roles.get(course)
    staff_elsewhere = any(each in STAFF for other, each in member.roles.items() if other != course)
    is_here = member.running == {course}
    if member.is_admin or staff_elsewhere or role is Role.TEACHER:
        return frozenset()
    if role is None:
        return STAFF if is_open and is_here else frozenset()
    if member.running and not is_here:
        return frozenset()
    return STAFF if role is Role.STUDENT else frozenset({Role.TEACHER})


def standing_of(
    courses: Mapping[str, bool], members: Iterable[Member], invited: Iterable[Invitation] = ()
) -> Standing:
    """
    The whole table.

    Args:
        courses: By id, whether a course is open.
        members: Every user of the hub.
        invited: The invitations that count.
    """
    everyone = tuple(members)
    groups: dict[str, frozenset[str]] = {}
    for course, is_open in courses.items():
        for role in Role:
            groups[group_of(course, f"{role}s")] = frozenset(
                each.name for each in everyone if each.roles.get(course) is role
            )
        for what, actors in ((BY_STAFF, STAFF), (BY_TEACHERS, {Role.TEACHER})):
            groups[group_of(course, what)] = frozenset(
                each.name
                for each in everyone
                if _reached_by(course, each, is_open=is_open) == actors
            )
    staff = [(course, role) for course in courses for role in Role if role in STAFF]
    scopes = {role_name(course, role): scopes_of(course, role) for course, role in staff}
    holders = {role_name(course, role): group_of(course, f"{role}s") for course, role in staff}
    known = {each.name: each for each in everyone}
    for one in (one for one in invited if one.course in courses and _stands(one, known)):
        inviting, guests = (group_of(one.course, f"{what}:{one.id}") for what in GUEST_GROUPS)
        groups[inviting] = frozenset({one.owner} & known.keys())
        groups[guests] = frozenset({one.guest} & known.keys())
        scopes[guest_role(one.id)] = tuple(f"{scope}!group={inviting}" for scope in _GUEST)
        holders[guest_role(one.id)] = guests
    return Standing(groups, scopes, holders)


def scopes_of(course: str, role: Role) -> tuple[str, ...]:
    """
    What the staff of *course* may do; nothing here can change a group, a role or a person.

    There is no ``start:servers``: with it, JupyterHub would let the staff change what a student
    has chosen, and rename servers. The course page starts servers, by the rules of this lab.
    """
    reach = [group_of(course, BY_STAFF)]
    if role is Role.TEACHER:
        reach.append(group_of(course, BY_TEACHERS))
    seen = [f"list:users!group={group_of(course, f'{each}s')}" for each in Role]
    reached = [f"{scope}!group={group}" for group in reach for scope in _REACH]
    return (*seen, *reached)
