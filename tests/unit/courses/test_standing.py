"""Who reaches whose server: a truth table, and laws over any lab."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.courses.standing import (
    BY_STAFF,
    BY_TEACHERS,
    Member,
    Standing,
    group_of,
    may_reach,
    role_name,
    scopes_of,
    standing_of,
)

T, A, S = Role.TEACHER, Role.ASSISTANT, Role.STUDENT
HERE, THERE, UNKNOWN, IDLE = frozenset({"m"}), frozenset({"b"}), frozenset({""}), frozenset[str]()


@pytest.mark.parametrize(
    ("roles", "running", "is_admin", "is_open", "reached_by"),
    [
        ({"m": S}, IDLE, False, False, {T, A}),
        ({"m": S}, HERE, False, False, {T, A}),
        ({"m": S}, THERE, False, False, set()),
        ({"m": S}, UNKNOWN, False, False, set()),
        ({"m": S}, HERE | THERE, False, False, set()),
        ({"m": S, "b": S}, IDLE, False, False, {T, A}),
        ({"m": S, "b": S}, HERE, False, False, {T, A}),
        ({"m": S, "b": S}, THERE, False, False, set()),
        ({"m": S, "b": A}, HERE, False, False, set()),
        ({"m": S, "b": T}, HERE, False, False, set()),
        ({"m": A}, IDLE, False, False, {T}),
        ({"m": A}, HERE, False, False, {T}),
        ({"m": A}, THERE, False, False, set()),
        ({"m": A, "b": S}, HERE, False, False, {T}),
        ({"m": A, "b": A}, HERE, False, False, set()),
        ({"m": T}, IDLE, False, False, set()),
        ({"m": T}, HERE, False, False, set()),
        ({"m": S}, HERE, True, False, set()),
        ({"m": A}, HERE, True, False, set()),
        ({}, HERE, False, False, set()),
        ({}, IDLE, False, True, set()),
        ({}, HERE, False, True, {T, A}),
        ({}, THERE, False, True, set()),
        ({}, HERE, True, True, set()),
        ({"b": T}, HERE, False, True, set()),
        ({"b": S}, HERE, False, True, {T, A}),
        ({"b": S}, IDLE, False, False, set()),
    ],
)
def test_who_reaches_whom(
    roles: dict[str, Role],
    running: frozenset[str],
    is_admin: bool,
    is_open: bool,
    reached_by: set[Role],
) -> None:
    """The staff of course ``m`` and one member, in each state that matters."""
    member = Member("ada", is_admin, roles, running)
    found = {role for role in Role if may_reach("m", role, member, is_open=is_open)}
    assert found == reached_by
    assert not may_reach("m", None, member, is_open=is_open)


def test_the_scopes_of_an_assistant() -> None:
    """The literal list: whoever changes it reads here what it gives."""
    assert scopes_of("m", Role.ASSISTANT) == (
        "list:users!group=course:m:teachers",
        "list:users!group=course:m:assistants",
        "list:users!group=course:m:students",
        "access:servers!group=course:m:reached-by-staff",
        "read:servers!group=course:m:reached-by-staff",
        "delete:servers!group=course:m:reached-by-staff",
        "list:users!group=course:m:reached-by-staff",
        "read:users:activity!group=course:m:reached-by-staff",
    )


def test_a_teacher_has_an_assistants_scopes_and_the_assistants() -> None:
    """The same again for the group that teachers alone reach."""
    more = set(scopes_of("m", Role.TEACHER)) - set(scopes_of("m", Role.ASSISTANT))
    assert {scope.partition("!")[2] for scope in more} == {f"group={group_of('m', BY_TEACHERS)}"}
    assert len(more) == 5


@pytest.mark.parametrize("role", sorted(STAFF))
def test_no_scope_lets_anybody_raise_themselves(role: Role) -> None:
    """Each is bound to a group of the course, and none touches groups, roles, tokens, accounts."""
    for scope in scopes_of("m", role):
        name, _, bound = scope.partition("!")
        assert bound.startswith("group=course:m:")
        assert name in {
            "list:users", "read:users:activity", "access:servers", "read:servers", "delete:servers"
        }  # fmt: skip


COURSES = st.dictionaries(st.sampled_from(["m", "b", "c"]), st.booleans())
ROLES = st.dictionaries(st.sampled_from(["m", "b", "c", "gone"]), st.sampled_from(list(Role)))
RUNNING = st.frozensets(st.sampled_from(["m", "b", "c", "", "gone"]), max_size=2)
MEMBERS = st.lists(
    st.builds(Member, st.sampled_from("abcdefgh"), st.booleans(), ROLES, RUNNING),
    unique_by=lambda member: member.name,
)


@settings(deadline=None)
@given(COURSES, MEMBERS)
def test_laws_of_the_table(courses: dict[str, bool], members: list[Member]) -> None:
    """Reach is to one course, never to admins or teachers, and agrees with ``may_reach``."""
    standing = standing_of(courses, members)
    assert set(standing.holders) == set(standing.roles)
    assert set(standing.holders.values()) <= set(standing.groups)
    assert len(standing.groups) == 5 * len(courses)
    assert len(standing.roles) == 2 * len(courses)
    for member in members:
        for course, is_open in courses.items():
            for actor in STAFF:
                by_table = reached(standing, course, actor, member.name)
                assert by_table == may_reach(course, actor, member, is_open=is_open)
                if by_table:
                    assert not member.is_admin
                    assert Role.TEACHER not in member.roles.values()
                    assert member.running <= {course}


def reached(standing: Standing, course: str, actor: Role, name: str) -> bool:
    """Whether the scopes of *actor* lead to *name*."""
    scopes = standing.roles[role_name(course, actor)]
    groups = [scope.partition("=")[2] for scope in scopes if scope.startswith("access:servers!")]
    assert group_of(course, BY_STAFF) in groups
    return any(name in standing.groups[group] for group in groups)
