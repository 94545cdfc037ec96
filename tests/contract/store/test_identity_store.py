"""Who is who at which provider, in every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from crepre_hub.clock import utc_now
from crepre_hub.courses.identity import Identity
from crepre_hub.errors import AccountError
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.identities import IdentityStore

OLA = Identity("oidc", "https://idp.example.org", "u-1", "ola", email="ola@uio.no")


@pytest.fixture
def store(engine: Engine) -> IdentityStore:
    return IdentityStore(engine)


@pytest.fixture
def accounts(engine: Engine) -> AccountStore:
    return AccountStore(engine)


def test_the_first_login_gives_a_name_for_good(store: IdentityStore) -> None:
    """Renamed at the provider, with another address: the same account."""
    assert store.admit(OLA).name == "ola"
    renamed = replace(OLA, name="ola2", email=None, display_name="Ola")
    assert store.admit(renamed).name == "ola"
    bound = store.behind_or_none("ola")
    assert bound is not None
    assert (bound.subject, bound.email, bound.display_name) == ("u-1", None, "Ola")
    assert store.behind_or_none("ola2") is None


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "u-2"},
        {"issuer": "https://idp.example.org/"},
        {"subject": "U-1"},
        {"issuer": "https://idp.example.orgu", "subject": "-1"},
    ],
)
def test_another_person_does_not_get_the_name(store: IdentityStore, other: dict[str, str]) -> None:
    """Issuer and subject are compared as they are, and never run into each other."""
    store.admit(OLA)
    with pytest.raises(AccountError):
        store.admit(replace(OLA, **other))
    assert list(store.all_bound()) == ["ola"]


def test_a_local_account_and_a_providers_person_never_share_a_name(
    store: IdentityStore, accounts: AccountStore
) -> None:
    """Whoever is first has it."""
    accounts.add("kari")
    with pytest.raises(AccountError):
        store.admit(replace(OLA, name="kari"))
    assert store.behind_or_none("kari") is None
    store.admit(OLA)
    with pytest.raises(AccountError):
        accounts.add("ola")


def test_of_many_first_logins_at_once_one_account_comes(store: IdentityStore) -> None:
    """The same person in ten windows, and ten people who want one name."""
    with ThreadPoolExecutor(10) as threads:
        same = list(threads.map(lambda _: store.admit(OLA).name, range(10)))
    assert same == ["ola"] * 10

    def try_to_be_kim(number: int) -> bool:
        try:
            store.admit(replace(OLA, subject=f"k-{number}", name="kim"))
        except AccountError:
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(try_to_be_kim, range(10))) == 1


def test_no_link_from_before_opens_an_account_that_was_handed_over(
    store: IdentityStore, accounts: AccountStore
) -> None:
    """Else whoever has the link would have the account as well, by a password."""
    for name in ("ada", "bo"):
        accounts.add(name)
        accounts.issue_link(name, code_hash=name, expires_at=utc_now() + timedelta(hours=1))
    store.hand_over("ada", replace(OLA, name="ada"))
    assert accounts.use_link("ada", password_hash="x") is None
    assert accounts.use_link("bo", password_hash="x") is not None


def test_an_account_is_handed_over_with_its_password_gone(
    store: IdentityStore, accounts: AccountStore
) -> None:
    """From then on the provider vouches, sessions of before end, and nobody else gets it."""
    accounts.add("ada", password_hash="x", is_admin=True)
    store.hand_over("ada", replace(OLA, name="ada"))
    account = store.admit(OLA)
    assert (account.name, account.is_admin, account.password_hash) == ("ada", True, None)
    assert account.sessions_must_end
    for name in ("ada", "nobody"):
        with pytest.raises(AccountError):
            store.hand_over(name, replace(OLA, subject="u-2"))
    accounts.add("bo")
    with pytest.raises(AccountError):
        store.hand_over("bo", OLA)
    assert accounts.account_or_none("bo") is not None
