"""What an admin does with accounts: add, reset, disable, enable, list."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now
from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError
from crepre_hub.login.door import hash_of_code
from crepre_hub.login.names import normal_name, provided_name
from crepre_hub.secret import Secret
from crepre_hub.store.accounts import Account, AccountStore
from crepre_hub.store.identities import IdentityStore

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """
    The way in for somebody who has no password yet, or no longer.

    Attributes:
        name: Whose it is, in normal form.
        code: Give it to nobody else; ``welcome_url`` makes the address of it.
    """

    name: str
    code: Secret
    expires_at: datetime


def new_code() -> str:
    """256 random bits that can stand in an address."""
    return secrets.token_urlsafe(32)


def welcome_url(base_url: str, code: Secret) -> str:
    """
    The address to open.

    Args:
        base_url: Where the lab is, such as ``https://lab.example.org/``; the hub is below it.
    """
    return f"{base_url.rstrip('/')}/hub/welcome?code={code.reveal()}"


def add_account(
    store: AccountStore,
    name: str,
    admin: bool = False,
    *,
    clock: Clock = utc_now,
    make_code: Callable[[], str] = new_code,
) -> OneTimeLink:
    """
    A new account without a password, and the link that opens it.

    Raises:
        AccountError: If the name cannot be used or is taken.
    """
    account = store.add(_name(name), is_admin=admin)
    return _issue(store, account.name, clock, make_code)


def reset_account(
    store: AccountStore,
    name: str,
    *,
    clock: Clock = utc_now,
    make_code: Callable[[], str] = new_code,
) -> OneTimeLink:
    """
    Forget the password, end the sessions, and make a link for a new one.

    Everything else stays: the account, its role, its home, its running server.

    Raises:
        AccountError: If there is no such account, it is closed, or its owner has no password,
            since a provider vouches for them.
    """
    name = any_name(name)
    bound = IdentityStore(store.engine).behind_or_none(name)
    if bound is not None:
        raise AccountError(
            f"{name!r} logs in with {bound.provider}.", remedy="There is no password to reset."
        )
    account = store.account_or_none(name)
    if account is not None and account.is_disabled:
        raise AccountError(
            f"The account {name!r} is closed.", remedy=f"Open it first: crepre user enable {name}"
        )
    store.reset(name)
    return _issue(store, name, clock, make_code)


def disable_account(store: AccountStore, name: str) -> None:
    """Close an account, whoever vouches for it, and end its sessions; its home stays."""
    store.disable(any_name(name))


def enable_account(store: AccountStore, name: str) -> None:
    """Open a closed account again."""
    store.enable(any_name(name))


def list_accounts(store: AccountStore) -> tuple[Account, ...]:
    """Every account, by name."""
    return store.all_accounts()


def _issue(
    store: AccountStore, name: str, clock: Clock, make_code: Callable[[], str]
) -> OneTimeLink:
    link = OneTimeLink(name, Secret(make_code()), clock() + LINK_LIFE)
    store.issue_link(name, code_hash=hash_of_code(link.code.reveal()), expires_at=link.expires_at)
    return link


def _name(typed: str) -> str:
    name = normal_name(typed)
    if isinstance(name, Refused):
        raise AccountError(name.message, remedy=name.remedy)
    return name


def any_name(typed: str) -> str:
    """Also the name of somebody for whom a provider vouches."""
    name = provided_name(typed)
    return _name(typed) if isinstance(name, Refused) else name
