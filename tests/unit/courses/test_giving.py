"""Who may give which role: nobody raises themselves, whatever a list says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.giving import allowed_part, roles_to_give
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
T, A, S = Role


def place(name: str, role: Role) -> Enrolment:
    return Enrolment("music", Key(KeyKind.NAME, name), role, Origin.ROSTER, since=NOON)


@pytest.mark.parametrize(
    ("role", "is_admin", "expected"),
    [
        (T, False, {A, S}), (A, False, set()), (S, False, set()), (None, False, set()),
        (T, True, {T, A, S}), (A, True, {T, A, S}), (None, True, {T, A, S}),
    ],
)  # fmt: skip
def test_what_each_may_give(role: Role | None, is_admin: bool, expected: set[Role]) -> None:
    """Teachers make assistants and students; admins make everybody; nobody else makes anybody."""
    assert roles_to_give(role, is_admin=is_admin) == expected


PLACES = st.builds(place, st.sampled_from("abcdefgh"), st.sampled_from(Role))
CHANGES = st.builds(
    lambda join, leave, change: RosterChange(
        "music", Origin.ROSTER, tuple(join), tuple(leave), tuple(change), 3
    ),
    st.lists(PLACES),
    st.lists(PLACES),
    st.lists(st.tuples(PLACES, PLACES)),
)


@given(CHANGES)
@settings(max_examples=60, deadline=None)
def test_a_teacher_neither_makes_nor_ends_a_teacher(change: RosterChange) -> None:
    """Under any list; all else happens, and what is left out is told."""
    allowed, left_out = allowed_part(change, roles_to_give(T, is_admin=False))
    assert T not in {each.role for each in (*allowed.join, *allowed.leave)}
    assert not [pair for pair in allowed.change if pair[0].role != pair[1].role and T in
                {pair[0].role, pair[1].role}]  # fmt: skip
    assert len(allowed.writes) + len(left_out) == len(change.writes)
    assert allowed.same == change.same


@given(CHANGES)
@settings(max_examples=20, deadline=None)
def test_an_admin_does_all_of_it(change: RosterChange) -> None:
    """Nothing is left out."""
    assert allowed_part(change, roles_to_give(None, is_admin=True)) == (change, ())


def test_a_teachers_section_may_change() -> None:
    """It gives nobody anything."""
    pair = (place("a", T), place("a", T))
    change = RosterChange("music", Origin.ROSTER, change=(pair,))
    assert allowed_part(change, {A, S})[0].change == (pair,)
