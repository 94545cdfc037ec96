"""Local accounts and the one-time links that open them, as kept in the lab's database."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from crepre_hub.clock import Clock, utc_now
from crepre_hub.errors import AccountError
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import accounts, one_time_links


@dataclass(frozen=True, slots=True)
class Account:
    """
    One person's way in.

    Attributes:
        name: In its one normal form; see ``crepre_hub.login.names``.
        password_hash: None until a password is chosen, and again after a reset.
        sessions_must_end: The hub has yet to end the sessions from before a reset or a disabling.
    """

    name: str
    is_admin: bool
    is_disabled: bool
    password_hash: str | None = field(repr=False)
    sessions_must_end: bool
    created_at: datetime
    password_set_at: datetime | None
    last_login_at: datetime | None


class AccountStore:
    """
    Accounts and links; records in, records out.

    Each method is one transaction and may raise ``StoreUnreachable``. True at every moment:

    - a name has at most one account, an account at most one link;
    - a link is used at most once, however many use it at the same time;
    - of links that are made at the same time the last one alone works;
    - whoever resets or disables an account leaves the mark that its sessions must end.
    """

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self.engine = engine
        self._clock = clock

    def add(
        self, name: str, *, is_admin: bool = False, password_hash: str | None = None
    ) -> Account:
        """
        A new account.

        Raises:
            AccountError: If the name is taken.
        """
        now = self._clock()
        account = Account(
            name=name,
            is_admin=is_admin,
            is_disabled=False,
            password_hash=password_hash,
            sessions_must_end=False,
            created_at=now,
            password_set_at=now if password_hash else None,
            last_login_at=None,
        )
        try:
            with transaction(self.engine) as connection:
                connection.execute(insert(accounts).values(asdict(account)))
        except IntegrityError:
            raise AccountError(f"There is already an account {name!r}.") from None
        return account

    def account_or_none(self, name: str) -> Account | None:
        """The account of that name."""
        with transaction(self.engine) as connection:
            return _account_or_none(connection, name)

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account, by name."""
        with transaction(self.engine) as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name))
            return tuple(map(_account, rows))

    def change_password(self, name: str, password_hash: str) -> None:
        """Put a new password in the place of the old one; an open link is withdrawn."""
        self._change(name, password_hash=password_hash, password_set_at=self._clock())

    def reset(self, name: str) -> None:
        """Forget the password, withdraw an open link and mark the sessions for ending."""
        self._change(name, password_hash=None, password_set_at=None, sessions_must_end=True)

    def disable(self, name: str) -> None:
        """Close the account, withdraw an open link and mark the sessions for ending."""
        self._change(name, is_disabled=True, sessions_must_end=True)

    def enable(self, name: str) -> None:
        """Open a closed account again, with the password it had."""
        self._change(name, is_disabled=False)

    def _change(self, name: str, **values: object) -> None:
        with transaction(self.engine) as connection:
            changed = connection.execute(
                update(accounts).where(accounts.c.name == name).values(values)
            )
            if changed.rowcount != 1:
                raise AccountError(f"There is no account {name!r}.")
            connection.execute(delete(one_time_links).where(one_time_links.c.account == name))

    def renew_hash(self, name: str, *, old: str, new: str) -> None:
        """Store the same password under newer parameters, unless it has changed meanwhile."""
        with transaction(self.engine) as connection:
            connection.execute(
                update(accounts)
                .where(accounts.c.name == name, accounts.c.password_hash == old)
                .values(password_hash=new)
            )

    def note_login(self, name: str) -> None:
        """Remember when the account was last used to log in."""
        self._touch(name, last_login_at=self._clock())

    def sessions_have_ended(self, name: str) -> None:
        """Clear the mark that ``reset`` and ``disable`` leave."""
        self._touch(name, sessions_must_end=False)

    def _touch(self, name: str, **values: object) -> None:
        with transaction(self.engine) as connection:
            connection.execute(update(accounts).where(accounts.c.name == name).values(values))

    def issue_link(self, name: str, *, code_hash: str, expires_at: datetime) -> None:
        """A link for *name*; any earlier link of the same account stops working."""
        with transaction(self.engine) as connection:
            _wait_for(connection, name)
            connection.execute(delete(one_time_links).where(one_time_links.c.account == name))
            connection.execute(
                insert(one_time_links).values(
                    code_hash=code_hash, account=name, expires_at=expires_at
                )
            )

    def name_behind_link_or_none(self, code_hash: str) -> str | None:
        """Whose link it is, while it can be used; looking does not use it up."""
        with transaction(self.engine) as connection:
            return self._name_behind_link(connection, code_hash)

    def use_link(self, code_hash: str, *, password_hash: str) -> Account | None:
        """
        Use the link up and set its account's password.

        Returns:
            The account as it is now; None where the link is unknown, used or over, in which
            case nothing has changed.
        """
        with transaction(self.engine) as connection:
            name = self._name_behind_link(connection, code_hash, to_use=True)
            if name is None:
                return None
            used = connection.execute(
                delete(one_time_links).where(one_time_links.c.code_hash == code_hash)
            )
            if used.rowcount != 1:  # somebody else was quicker
                return None
            connection.execute(
                update(accounts)
                .where(accounts.c.name == name)
                .values(password_hash=password_hash, password_set_at=self._clock())
            )
            return _account_or_none(connection, name)

    def _name_behind_link(
        self, connection: Connection, code_hash: str, *, to_use: bool = False
    ) -> str | None:
        found = (
            select(one_time_links, accounts.c.is_disabled)
            .join_from(one_time_links, accounts)
            .where(one_time_links.c.code_hash == code_hash)
        )
        if to_use:
            found = found.with_for_update(of=accounts)
        row = connection.execute(found).one_or_none()
        if row is None or row.is_disabled or row.expires_at <= self._clock():
            return None
        same = hmac.compare_digest(str(row.code_hash), code_hash)
        return str(row.account) if same else None


def _wait_for(connection: Connection, name: str) -> None:
    """
    Let one change of an account and its links follow the other.

    PostgreSQL locks the account's row; every change takes that one first, so that no two wait for
    each other. SQLite, which lets one writer in at a time, has no word for it and is sent none.
    Source: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
    """
    mine = select(accounts.c.name).where(accounts.c.name == name)
    connection.execute(mine.with_for_update())


def _account_or_none(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    return None if row is None else _account(row)


def _account(row: Row[Any]) -> Account:
    return Account(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
