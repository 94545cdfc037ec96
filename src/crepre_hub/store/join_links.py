"""Join links and who used them, as kept in the lab's database."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, or_, select, update

from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.links import JoinLink
from crepre_hub.store.engine import transaction
from crepre_hub.store.rosters import Roster, write_enrolments
from crepre_hub.store.tables import join_links


class JoinLinkStore:
    """
    Join links; records in, records out.

    Each method is one transaction and may raise ``StoreUnreachable``. True at every moment: a
    link has not let in more people than it has seats, however many use it at the same time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, link: JoinLink, *, code_hash: str) -> None:
        """Keep *link*; of its code only the digest."""
        values = {name: getattr(link, name) for name in JoinLink.__dataclass_fields__}
        with transaction(self._engine) as connection:
            connection.execute(insert(join_links).values(code_hash=code_hash, **values))

    def of_course(self, course: str) -> tuple[JoinLink, ...]:
        """The links of *course*, the oldest first."""
        found = select(join_links).where(join_links.c.course == course)
        with transaction(self._engine) as connection:
            ordered = found.order_by(join_links.c.created_at, join_links.c.id)
            return tuple(map(_link, connection.execute(ordered)))

    def behind_code_or_none(self, code_hash: str) -> JoinLink | None:
        """The link with that code, whether or not it works still."""
        found = select(join_links).where(join_links.c.code_hash == code_hash)
        with transaction(self._engine) as connection:
            row = connection.execute(found).one_or_none()
        if row is None or not hmac.compare_digest(str(row.code_hash), code_hash):
            return None
        return _link(row)

    def revoke(self, course: str, link_id: str, *, now: datetime) -> bool:
        """End a link; whether there was one to end."""
        mine = (join_links.c.id == link_id, join_links.c.course == course)
        open_still = join_links.c.revoked_at.is_(None)
        with transaction(self._engine) as connection:
            ended = update(join_links).where(*mine, open_still).values(revoked_at=now)
            return bool(connection.execute(ended).rowcount)

    def use(self, link: JoinLink, roster: Roster, enrolment: Enrolment) -> bool:
        """
        Take a seat and write *enrolment*, both or neither.

        Returns:
            Whether there was a seat.

        Raises:
            Busy: If somebody else has written the roster since it was read.
        """
        used, seats = join_links.c.used, join_links.c.seats
        free = or_(seats.is_(None), used < seats)
        mine = (join_links.c.id == link.id, join_links.c.revoked_at.is_(None), free)
        with transaction(self._engine) as connection:
            taken = connection.execute(update(join_links).where(*mine).values(used=used + 1))
            if taken.rowcount != 1:
                return False
            write_enrolments(connection, roster.course, roster.version, [enrolment])
        return True


def _link(row: Row[Any]) -> JoinLink:
    return JoinLink(**{name: getattr(row, name) for name in JoinLink.__dataclass_fields__})
