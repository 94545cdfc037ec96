"""Whom students have let into their servers, as kept in the lab's database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from crepre_hub.courses.invitation import Invitation
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import invitations


class InvitationStore:
    """Invitations; records in, records out. Each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, invitation: Invitation) -> None:
        """Write *invitation* down."""
        values = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
        with transaction(self._engine) as connection:
            connection.execute(insert(invitations).values(values))

    def live(self, *, now: datetime) -> tuple[Invitation, ...]:
        """Those that count at *now*, the oldest first."""
        counts = invitations.c.revoked_at.is_(None), invitations.c.expires_at > now
        found = select(invitations).where(*counts)
        with transaction(self._engine) as connection:
            ordered = found.order_by(invitations.c.created_at, invitations.c.id)
            return tuple(map(_invitation, connection.execute(ordered)))

    def revoke(self, owner: str, invitation_id: str, *, now: datetime) -> bool:
        """Take one back; whether *owner* had one that was not taken back."""
        mine = (invitations.c.id == invitation_id, invitations.c.owner == owner)
        live = invitations.c.revoked_at.is_(None)
        with transaction(self._engine) as connection:
            ended = update(invitations).where(*mine, live).values(revoked_at=now)
            return bool(connection.execute(ended).rowcount)


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
