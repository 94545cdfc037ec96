"""Failed and undecided login attempts, so that a restart of the hub forgets none of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, or_, select

from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import login_attempts


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One try to get in, by digests (64 hexadecimal digits each).

    Attributes:
        account_key: Of the name that was typed, whether or not it has an account.
        source_key: Of the network address it came from.
        device_key: Of the proof that this browser has logged in to this account before.
    """

    account_key: str
    source_key: str
    device_key: str | None
    at: datetime


class AttemptLog:
    """Attempts in the lab's database; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, attempt: Attempt) -> None:
        """Write *attempt* down."""
        with transaction(self._engine) as connection:
            connection.execute(
                insert(login_attempts).values(
                    account_key=attempt.account_key,
                    source_key=attempt.source_key,
                    device_key=attempt.device_key,
                    at=attempt.at,
                )
            )

    def near(self, attempt: Attempt, *, since: datetime) -> tuple[Attempt, ...]:
        """Attempts after *since* on the same account or from the same source, oldest first."""
        table = login_attempts.c
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(table.account_key, table.source_key, table.device_key, table.at)
                .where(
                    table.at > since,
                    or_(
                        table.account_key == attempt.account_key,
                        table.source_key == attempt.source_key,
                    ),
                )
                .order_by(table.at)
            )
            return tuple(Attempt(*row) for row in rows)

    def forgive(self, attempt: Attempt) -> None:
        """Forget the attempts on this account from this source or this device."""
        table = login_attempts.c
        same_place = table.source_key == attempt.source_key
        if attempt.device_key is not None:
            same_place = or_(same_place, table.device_key == attempt.device_key)
        with transaction(self._engine) as connection:
            connection.execute(
                delete(login_attempts).where(table.account_key == attempt.account_key, same_place)
            )

    def withdraw(self, attempt: Attempt) -> None:
        """Forget *attempt* and no other."""
        table = login_attempts.c
        same = (
            table.account_key == attempt.account_key,
            table.source_key == attempt.source_key,
            table.device_key.is_not_distinct_from(attempt.device_key),
            table.at == attempt.at,
        )
        with transaction(self._engine) as connection:
            connection.execute(delete(login_attempts).where(*same))

    def forget_until(self, moment: datetime) -> None:
        """Remove what happened up to *moment*."""
        with transaction(self._engine) as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.at <= moment))
