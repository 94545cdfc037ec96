"""Which account belongs to whom at a provider, for good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.identity import Identity
from crepre_hub.errors import AccountError
from crepre_hub.store.accounts import Account, AccountStore
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import accounts, identities, one_time_links


@dataclass(frozen=True, slots=True)
class Bound:
    """
    An account and whose it is.

    Attributes:
        provider: The kind of login, as in ``lab.toml``.
        email: As verified by the provider at the last login; None if it was not.
    """

    account: str
    provider: str
    issuer: str
    subject: str
    email: str | None
    display_name: str


class IdentityStore:
    """
    People at providers and their accounts.

    Each method is one transaction and may raise ``StoreUnreachable``. True at every moment:

    - one person at a provider has at most one account, and keeps it however often renamed;
    - an account belongs to one person at a provider, or to a password, never to two of these.
    """

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._accounts = AccountStore(engine, clock)

    def account_of_or_none(self, identity: Identity) -> Account | None:
        """The account that *identity* was given at its first login."""
        with transaction(self._engine) as connection:
            row = _by_key(connection, _key(identity))
        return None if row is None else self._accounts.account_or_none(row.account)

    def behind_or_none(self, account: str) -> Bound | None:
        """Who logs in to *account* with a provider; None if nobody does."""
        with transaction(self._engine) as connection:
            query = select(identities).where(identities.c.account == account)
            row = connection.execute(query).one_or_none()
        return None if row is None else _bound(row)

    def all_bound(self) -> dict[str, Bound]:
        """Everybody who logs in with a provider, by account."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(identities)).all()
        return {row.account: _bound(row) for row in rows}

    def admit(self, identity: Identity) -> Account:
        """
        The account of *identity*; a new one called ``identity.name`` at the first login.

        What the provider tells today (e-mail, display name) is kept; the name is not followed.

        Raises:
            AccountError: If it is the first login, and somebody else has that name.
        """
        account = self.account_of_or_none(identity) or self._add(identity)
        with transaction(self._engine) as connection:
            connection.execute(
                update(identities)
                .where(identities.c.stable_key == _key(identity))
                .values(email=identity.email, display_name=identity.display_name)
            )
            connection.execute(
                update(accounts)
                .where(accounts.c.name == account.name)
                .values(last_login_at=self._clock())
            )
        return account

    def _add(self, identity: Identity) -> Account:
        try:
            with transaction(self._engine) as connection:
                connection.execute(insert(accounts).values(_new_account(identity, self._clock())))
                connection.execute(insert(identities).values(_new_row(identity, self._clock())))
        except IntegrityError:
            account = self.account_of_or_none(identity)
            if account is None:
                raise AccountError(f"The name {identity.name!r} is taken.") from None
            return account  # the same person, in another window, was quicker
        account = self.account_of_or_none(identity)
        assert account is not None
        return account

    def hand_over(self, name: str, identity: Identity) -> None:
        """
        Give the account *name*, and with it its home, to *identity*.

        Its password, an open link for one, and its sessions end; from now on its owner logs in with
        the provider.

        Raises:
            AccountError: If there is no such account, or one of the two is bound already.
        """
        try:
            with transaction(self._engine) as connection:
                changed = connection.execute(
                    update(accounts)
                    .where(accounts.c.name == name)
                    .values(password_hash=None, password_set_at=None, sessions_must_end=True)
                )
                if changed.rowcount != 1:
                    raise AccountError(f"There is no account {name!r}.")
                connection.execute(delete(one_time_links).where(one_time_links.c.account == name))
                row = {**_new_row(identity, self._clock()), "account": name}
                connection.execute(insert(identities).values(row))
        except IntegrityError:
            raise AccountError(
                f"{name!r}, or whoever it is for, is bound to a provider already."
            ) from None


def _key(identity: Identity) -> str:
    return hashlib.sha256(identity.stable_id.encode("utf-8", "surrogatepass")).hexdigest()


def _new_account(identity: Identity, now: object) -> dict[str, object]:
    return {
        "name": identity.name,
        "is_admin": False,
        "is_disabled": False,
        "password_hash": None,
        "sessions_must_end": False,
        "created_at": now,
        "password_set_at": None,
        "last_login_at": None,
    }


def _new_row(identity: Identity, now: object) -> dict[str, object]:
    return {
        "stable_key": _key(identity),
        "account": identity.name,
        "provider": identity.provider,
        "issuer": identity.issuer,
        "subject": identity.subject,
        "email": identity.email,
        "display_name": identity.display_name,
        "first_login_at": now,
    }


def _by_key(connection: Connection, key: str) -> Row[Any] | None:
    query = select(identities).where(identities.c.stable_key == key)
    return connection.execute(query).one_or_none()


def _bound(row: Row[Any]) -> Bound:
    return Bound(row.account, row.provider, row.issuer, row.subject, row.email, row.display_name)
