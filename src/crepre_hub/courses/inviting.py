"""
"Help me": a student lets one of their teachers or assistants in, for an hour.

Staff reach a student's server while it runs for their own course. Invited, they do so as well
while it runs for another one. Nobody is let in who is no staff of a course of the student's.
"""

from __future__ import annotations

from collections.abc import Collection

from crepre_hub.courses.invitation import Invitation
from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.courses.standing import Member
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.sentences import say

MOST = 3
"""At a time, of one student."""

NOT_STAFF = Refused(
    "not-staff",
    say("Only a teacher or an assistant of one of your courses can be invited."),
    say("Choose one of those on the start page."),
)
NOT_A_STUDENT = Refused(
    "not-a-student",
    say("Who teaches, assists or runs the lab cannot let others into their server."),
    say("Whoever is in it can act in your name."),
)
TOO_MANY = Refused(
    "too-many-invitations",
    say("You have invited as many people as you can at a time."),
    say("Take an invitation back first."),
)


def may_invite(owner: Member, guest: Member, course: str, live: Collection[Invitation]) -> Decision:
    """
    Whether *owner* may invite *guest* as staff of *course*.

    Args:
        live: The owner's invitations that count now; one to the same guest is no second one.
    """
    if owner.is_admin or any(role in STAFF for role in owner.roles.values()):
        return NOT_A_STUDENT
    if owner.roles.get(course) is not Role.STUDENT or guest.roles.get(course) not in STAFF:
        return NOT_STAFF
    others = [each for each in live if each.guest != guest.name]
    return TOO_MANY if len(others) >= MOST else Granted(f"{guest.roles[course]} of {course}")
