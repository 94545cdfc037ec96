"""Whom a student may let into their server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from crepre_hub.courses.invitation import LENGTH, Invitation
from crepre_hub.courses.inviting import MOST, NOT_A_STUDENT, NOT_STAFF, TOO_MANY, may_invite
from crepre_hub.courses.roles import Role
from crepre_hub.courses.standing import Member, guest_role, standing_of
from crepre_hub.decisions import Granted

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STUDENT, ASSISTANT, TEACHER = Role.STUDENT, Role.ASSISTANT, Role.TEACHER


def member(name: str, roles: Mapping[str, Role], *, admin: bool = False) -> Member:
    return Member(name, admin, roles)


def invitation(guest: str = "asa", number: str = "1") -> Invitation:
    return Invitation(number, "stu", guest, "music", NOON, NOON + LENGTH)


@pytest.mark.parametrize(
    ("owner", "guest", "answer"),
    [
        ({"music": STUDENT}, {"music": ASSISTANT}, None),
        ({"music": STUDENT}, {"music": TEACHER, "art": STUDENT}, None),
        ({"music": STUDENT, "art": STUDENT}, {"music": TEACHER}, None),
        ({"music": STUDENT}, {"music": STUDENT}, NOT_STAFF),
        ({"music": STUDENT}, {"music": STUDENT, "art": TEACHER}, NOT_STAFF),
        ({"music": STUDENT}, {"art": TEACHER}, NOT_STAFF),
        ({"music": STUDENT}, {}, NOT_STAFF),
        ({"art": STUDENT}, {"music": TEACHER}, NOT_STAFF),
        ({}, {"music": TEACHER}, NOT_STAFF),
        ({"music": STUDENT, "art": ASSISTANT}, {"music": TEACHER}, NOT_A_STUDENT),
        ({"music": TEACHER}, {"music": TEACHER}, NOT_A_STUDENT),
    ],
)
def test_a_student_invites_the_staff_of_their_own_course(
    owner: dict[str, Role], guest: dict[str, Role], answer: object
) -> None:
    """Nobody else; and nobody who is staff anywhere hands over what can act as them."""
    decision = may_invite(member("stu", owner), member("asa", guest), "music", [])
    assert decision == answer or (answer is None and isinstance(decision, Granted))


def test_an_admin_lets_nobody_in() -> None:
    """Whoever is in an admin's server can act as an admin."""
    boss = member("boss", {"music": STUDENT}, admin=True)
    assert may_invite(boss, member("asa", {"music": TEACHER}), "music", []) == NOT_A_STUDENT


def test_a_student_invites_so_many_at_a_time() -> None:
    """One who is invited already does not count twice."""
    stu, asa = member("stu", {"music": STUDENT}), member("asa", {"music": ASSISTANT})
    others = [invitation(f"t{at}", str(at)) for at in range(MOST)]
    assert may_invite(stu, asa, "music", others) == TOO_MANY
    assert isinstance(may_invite(stu, asa, "music", [*others[1:], invitation()]), Granted)


@pytest.mark.parametrize(
    ("revoked", "after", "counts"),
    [
        (None, timedelta(0), True),
        (None, LENGTH - timedelta(seconds=1), True),
        (None, LENGTH, False),
        (NOON, timedelta(0), False),
    ],
)
def test_an_invitation_counts_until_its_end_or_until_it_is_taken_back(
    revoked: datetime | None, after: timedelta, counts: bool
) -> None:
    """One that ends at a moment counts no more in it."""
    one = Invitation("1", "stu", "asa", "music", NOON, NOON + LENGTH, revoked)
    assert one.counts(now=NOON + after) is counts


def test_a_guest_reaches_the_owner_and_nobody_else() -> None:
    """By a role over a group with one person in it; the guest's role starts and stops nothing."""
    everyone = [
        member("stu", {"music": STUDENT}),
        member("asa", {"music": ASSISTANT}),
        member("other", {"music": STUDENT}),
    ]
    standing = standing_of({"music": False}, everyone, [invitation()])
    assert standing.groups["course:music:inviting:1"] == {"stu"}
    assert standing.groups["course:music:guests:1"] == {"asa"}
    role = guest_role("1")
    assert standing.holders[role] == "course:music:guests:1"
    assert standing.roles[role] == (
        "access:servers!group=course:music:inviting:1",
        "read:servers!group=course:music:inviting:1",
    )


@pytest.mark.parametrize(
    ("owner", "guest"),
    [
        ({"music": STUDENT}, {"music": STUDENT}),
        ({"music": STUDENT}, {}),
        ({"music": STUDENT, "art": TEACHER}, {"music": ASSISTANT}),
    ],
)
def test_an_invitation_is_worth_nothing_once_either_is_something_else(
    owner: dict[str, Role], guest: dict[str, Role]
) -> None:
    """An assistant who was taken out of the course, a student who teaches by now."""
    everyone = [member("stu", owner), member("asa", guest)]
    standing = standing_of({"music": False, "art": False}, everyone, [invitation()])
    assert guest_role("1") not in standing.roles
    assert standing_of({}, everyone, [invitation()]).roles == {}
