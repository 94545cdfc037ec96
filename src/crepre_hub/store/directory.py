"""Everybody who may log in, a page at a time: what an admin looks somebody up in."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, false, func, or_, select

from crepre_hub.store.engine import transaction
from crepre_hub.store.rosters import KnownPerson
from crepre_hub.store.tables import accounts, identities, people

PAGE = 50
"""People on one page."""

MOST_NAMES = 10_000
"""Names that a query is narrowed to; SQLite takes 32766 parameters."""

OWN_ACCOUNTS = "accounts"
"""Who vouches for whoever has a password of the lab's own; the word is that of ``lab.toml``."""


class Only(enum.StrEnum):
    """Which people are wanted."""

    ALL = "all"
    ADMINS = "admins"
    CLOSED = "closed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Listed:
    """
    One account.

    Attributes:
        provider: Who vouches for its owner, as in ``lab.toml``.
        known: As the last login proved them; None for whoever has not logged in.
    """

    name: str
    is_admin: bool
    is_disabled: bool
    provider: str
    known: KnownPerson | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What to look for.

    Attributes:
        text: A part of a name, a display name or an address; empty for all.
        number: Of the page, from 1 on.
    """

    text: str = ""
    only: Only = Only.ALL
    number: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """
    One page of what was found.

    Attributes:
        total: On all pages together.
        number: Of this page; the last one where a later one was wanted.
    """

    entries: tuple[Listed, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE))


class Directory:
    """Accounts with who is behind them; each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, wanted: Wanted, *, running: Collection[str] = ()) -> Found:
        """
        One page, by name.

        Args:
            running: Names of those who have a server, for ``Only.RUNNING``.
        """
        source = accounts.outerjoin(identities, identities.c.account == accounts.c.name)
        source = source.outerjoin(people, people.c.name == accounts.c.name)
        rules = (*_matching(wanted.text), *_only(wanted.only, running))
        with transaction(self._engine) as connection:
            counted = select(func.count()).select_from(source).where(*rules)
            total = int(connection.execute(counted).scalar_one())
            last = Found((), total, 1).pages
            number = min(max(1, wanted.number), last)
            query = select(*_COLUMNS).select_from(source).where(*rules).order_by(accounts.c.name)
            rows = connection.execute(query.limit(PAGE).offset((number - 1) * PAGE))
            return Found(tuple(_listed(row) for row in rows), total, number)


_COLUMNS = (
    accounts.c.name,
    accounts.c.is_admin,
    accounts.c.is_disabled,
    identities.c.provider,
    identities.c.display_name.label("provided_name"),
    people.c.name.label("known"),
    people.c.id_key,
    people.c.email,
    people.c.display_name,
    people.c.seen_at,
)


def _matching(text: str) -> tuple[ColumnElement[bool], ...]:
    """Each word of *text* is somewhere in what is known of a person."""
    places = (accounts.c.name, people.c.display_name, people.c.email, identities.c.email)
    return tuple(
        or_(*(place.icontains(word, autoescape=True) for place in places))
        for word in text.split()[:10]
    )


def _only(only: Only, running: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    match only:
        case Only.ALL:
            return ()
        case Only.ADMINS:
            return (accounts.c.is_admin,)
        case Only.CLOSED:
            return (accounts.c.is_disabled,)
        case Only.RUNNING:
            names = sorted(running)[:MOST_NAMES]
            return (accounts.c.name.in_(names) if names else false(),)


def _listed(row: Any) -> Listed:
    known = None
    if row.known is not None:
        name = row.display_name or row.provided_name or ""
        known = KnownPerson(row.name, row.id_key, row.email, name, row.seen_at)
    return Listed(row.name, row.is_admin, row.is_disabled, row.provider or OWN_ACCOUNTS, known)
