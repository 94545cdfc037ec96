"""What every AccountStore does, on each kind of database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from sqlalchemy import Engine

from crepre_hub.errors import AccountError
from crepre_hub.store.accounts import Account, AccountStore
from tests.hand_clock import NOON, HandClock

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(engine: Engine, clock: HandClock) -> AccountStore:
    return AccountStore(engine, clock)


def the(store: AccountStore, name: str) -> Account:
    account = store.account_or_none(name)
    assert account is not None
    return account


def test_what_is_written_is_read(store: AccountStore) -> None:
    """An account comes back as it was made, its moments with their time zone."""
    made = store.add("ada", is_admin=True, password_hash="$argon2id$x")
    assert the(store, "ada") == made
    assert made.created_at == made.password_set_at == NOON
    assert the(store, "ada").created_at.tzinfo is not None
    assert store.account_or_none("bob") is None


def test_a_name_has_one_account(store: AccountStore) -> None:
    """The second of the same name is refused, and the first is as it was."""
    first = store.add("ada", password_hash="one")
    with pytest.raises(AccountError, match="already an account 'ada'"):
        store.add("ada", is_admin=True, password_hash="two")
    assert store.all_accounts() == (first,)


def test_of_many_who_take_a_name_at_once_one_gets_it(store: AccountStore) -> None:
    """Also when they ask in the same moment."""

    def take(number: int) -> bool:
        try:
            store.add("ada", password_hash=str(number))
        except AccountError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(take, range(8))) == [False] * 7 + [True]


def test_accounts_are_listed_by_name(store: AccountStore) -> None:
    """Whatever order they were made in."""
    for name in ("cy", "ada", "bob"):
        store.add(name)
    assert [account.name for account in store.all_accounts()] == ["ada", "bob", "cy"]


def test_a_hash_is_in_no_text_of_an_account(store: AccountStore) -> None:
    """What is printed or logged of an account does not hold its hash."""
    assert "argon2" not in repr(store.add("ada", password_hash="$argon2id$secret"))


def test_a_reset_forgets_the_password_and_nothing_else(
    store: AccountStore, clock: HandClock
) -> None:
    """Role and history stay; the sessions are marked for ending."""
    made = store.add("ada", is_admin=True, password_hash="x")
    clock.now += HOUR
    store.reset("ada")
    after = the(store, "ada")
    assert (after.password_hash, after.password_set_at) == (None, None)
    assert (after.is_admin, after.created_at, after.is_disabled) == (True, made.created_at, False)
    assert after.sessions_must_end
    store.sessions_have_ended("ada")
    assert not the(store, "ada").sessions_must_end


def test_disabling_keeps_the_password_and_marks_the_sessions(store: AccountStore) -> None:
    """Enabled again, the account has the password it had."""
    store.add("ada", password_hash="x")
    store.disable("ada")
    closed = the(store, "ada")
    assert (closed.is_disabled, closed.sessions_must_end) == (True, True)
    store.enable("ada")
    assert (the(store, "ada").is_disabled, the(store, "ada").password_hash) == (False, "x")


@pytest.mark.parametrize("verb", ["reset", "disable", "enable"])
def test_what_is_not_there_cannot_be_changed(store: AccountStore, verb: str) -> None:
    """It is told, instead of passing as done."""
    with pytest.raises(AccountError, match="no account 'bob'"):
        getattr(store, verb)("bob")


def test_a_renewed_hash_never_undoes_a_change(store: AccountStore) -> None:
    """If the password has changed meanwhile, the renewed hash of the old one is dropped."""
    store.add("ada", password_hash="old")
    store.renew_hash("ada", old="old", new="old, renewed")
    assert the(store, "ada").password_hash == "old, renewed"
    store.change_password("ada", "new")
    store.renew_hash("ada", old="old, renewed", new="old, renewed twice")
    assert the(store, "ada").password_hash == "new"


def test_a_login_is_remembered(store: AccountStore, clock: HandClock) -> None:
    """With its moment."""
    store.add("ada")
    clock.now += HOUR
    store.note_login("ada")
    assert the(store, "ada").last_login_at == NOON + HOUR


def test_a_link_is_used_once(store: AccountStore, clock: HandClock) -> None:
    """Using it sets the password and uses it up; looking does neither."""
    store.add("ada")
    store.issue_link("ada", code_hash="c", expires_at=NOON + HOUR)
    assert store.name_behind_link_or_none("c") == "ada"
    account = store.use_link("c", password_hash="x")
    assert account is not None
    assert (account.name, account.password_hash, account.password_set_at) == ("ada", "x", NOON)
    assert store.use_link("c", password_hash="y") is None
    assert store.name_behind_link_or_none("c") is None
    assert the(store, "ada").password_hash == "x"


def test_of_many_who_use_a_link_at_once_one_succeeds(store: AccountStore) -> None:
    """And the password is that one's."""
    store.add("ada")
    store.issue_link("ada", code_hash="c", expires_at=NOON + HOUR)
    with ThreadPoolExecutor(8) as threads:
        used = list(threads.map(lambda n: store.use_link("c", password_hash=str(n)), range(8)))
    (winner,) = [number for number, account in enumerate(used) if account is not None]
    assert the(store, "ada").password_hash == str(winner)


@pytest.mark.parametrize(("late", "opens"), [(-1, True), (0, False), (1, False)])
def test_a_link_is_over_at_its_moment(
    store: AccountStore, clock: HandClock, late: int, opens: bool
) -> None:
    """One second before it works; at the moment itself it is over."""
    store.add("ada")
    store.issue_link("ada", code_hash="c", expires_at=NOON + HOUR)
    clock.now = NOON + HOUR + timedelta(seconds=late)
    assert (store.name_behind_link_or_none("c") is not None) is opens
    assert (store.use_link("c", password_hash="x") is not None) is opens


def test_moments_are_the_same_in_every_time_zone(store: AccountStore) -> None:
    """A link that ends at 13:00 in Oslo ends at 12:00 UTC."""
    oslo = timezone(timedelta(hours=1))
    store.add("ada")
    store.issue_link("ada", code_hash="c", expires_at=datetime(2026, 9, 1, 13, tzinfo=oslo))
    assert store.name_behind_link_or_none("c") is None


def test_an_account_has_one_link(store: AccountStore) -> None:
    """A new one withdraws the one before; other people's stay."""
    for name in ("ada", "bob"):
        store.add(name)
        store.issue_link(name, code_hash=f"{name}1", expires_at=NOON + HOUR)
    store.issue_link("ada", code_hash="ada2", expires_at=NOON + HOUR)
    assert store.use_link("ada1", password_hash="x") is None
    assert store.name_behind_link_or_none("ada2") == "ada"
    assert store.name_behind_link_or_none("bob1") == "bob"


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """What each of *acts* gives, all begun in the same moment."""
    together = threading.Barrier(len(acts))

    def do(act: Callable[[], object]) -> object:
        together.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(do, acts))


def test_of_links_made_at_once_one_opens(store: AccountStore) -> None:
    """However many people make one for the same account in the same moment."""
    store.add("ada")
    for turn in range(5):
        codes = [f"{turn}-{number}" for number in range(8)]
        expires = NOON + HOUR
        at_once([partial(store.issue_link, "ada", code_hash=c, expires_at=expires) for c in codes])
        assert len([code for code in codes if store.name_behind_link_or_none(code)]) == 1


def test_changes_of_one_account_do_not_wait_for_each_other(store: AccountStore) -> None:
    """A link is used, replaced and withdrawn in the same moment: each is done, or too late."""
    store.add("ada")
    for _ in range(5):
        store.issue_link("ada", code_hash="old", expires_at=NOON + HOUR)
        at_once([
            partial(store.use_link, "old", password_hash="x"),
            partial(store.issue_link, "ada", code_hash="new", expires_at=NOON + HOUR),
            partial(store.use_link, "old", password_hash="y"),
            partial(store.reset, "ada"),
        ])  # fmt: skip
        assert store.use_link("old", password_hash="z") is None


@pytest.mark.parametrize("verb", ["reset", "disable", "change"])
def test_a_change_withdraws_an_open_link(store: AccountStore, verb: str) -> None:
    """A link from before a reset, a disabling or a new password opens nothing."""
    store.add("ada")
    store.issue_link("ada", code_hash="c", expires_at=NOON + HOUR)
    if verb == "change":
        store.change_password("ada", "x")
    else:
        getattr(store, verb)("ada")
    store.enable("ada")
    assert store.use_link("c", password_hash="y") is None


def test_a_link_of_a_closed_account_opens_nothing(store: AccountStore) -> None:
    """Even one that was made after the closing."""
    store.add("ada")
    store.disable("ada")
    store.issue_link("ada", code_hash="c", expires_at=NOON + HOUR)
    assert store.use_link("c", password_hash="x") is None


def test_a_name_of_the_greatest_length_has_room(store: AccountStore) -> None:
    """64 characters, also on a database that counts."""
    store.add("a" * 64)
    assert store.account_or_none("a" * 64) is not None
