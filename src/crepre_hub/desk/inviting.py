"""Letting a teacher or an assistant into one's own server for an hour."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.invitation import LENGTH, Invitation
from crepre_hub.courses.inviting import may_invite
from crepre_hub.courses.roles import STAFF
from crepre_hub.decisions import Refused
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.store.invitations import InvitationStore

ID_BYTES = 8


class InviteDesk:
    """Invitations of students; each method may raise ``StoreUnreachable``."""

    def __init__(
        self,
        people: PeopleDesk,
        store: InvitationStore,
        clock: Clock = utc_now,
        new_id: Callable[[], str] = lambda: secrets.token_hex(ID_BYTES),
    ) -> None:
        self._people = people
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def invite(self, owner: HubUser, guest: HubUser, course: str) -> Invitation | Refused:
        """Let *guest*, who is staff of *course*, in; a second time makes the hour begin anew."""
        now = self._clock()
        mine = self.by(owner.name)
        answer = may_invite(self._people.member(owner), self._people.member(guest), course, mine)
        if isinstance(answer, Refused):
            return answer
        invitation = Invitation(self._new_id(), owner.name, guest.name, course, now, now + LENGTH)
        self._store.add(invitation)
        for earlier in mine:
            if earlier.guest == guest.name:
                self._store.revoke(owner.name, earlier.id, now=now)
        return invitation

    def courses_of(self, owner: HubUser) -> tuple[str, ...]:
        """The courses whose staff *owner* may invite."""
        member = self._people.member(owner)
        is_staff = member.is_admin or bool(STAFF & set(member.roles.values()))
        return () if is_staff else tuple(member.roles)

    def revoke(self, owner: str, invitation_id: str) -> bool:
        """Take an invitation back; whether *owner* had it."""
        return self._store.revoke(owner, invitation_id, now=self._clock())

    def by(self, owner: str) -> tuple[Invitation, ...]:
        """Whom *owner* has invited, and it counts."""
        return tuple(each for each in self._live() if each.owner == owner)

    def for_guest(self, guest: str) -> tuple[Invitation, ...]:
        """Who has invited *guest*, and it counts."""
        return tuple(each for each in self._live() if each.guest == guest)

    def _live(self) -> tuple[Invitation, ...]:
        return self._people.invitations()
