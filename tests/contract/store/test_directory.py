"""Looking people up, in every database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from crepre_hub.courses.identity import Identity
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.directory import PAGE, Directory, Only, Wanted
from crepre_hub.store.identities import IdentityStore
from crepre_hub.store.rosters import KnownPerson, RosterStore
from tests.hand_clock import NOON


@pytest.fixture
def directory(engine: Engine) -> Directory:
    """An admin, a student of a provider's who has logged in, and one whose account is closed."""
    accounts = AccountStore(engine)
    accounts.add("boss", is_admin=True)
    accounts.add("100%_x")
    accounts.disable("100%_x")
    ola = Identity("oidc", "https://i", "1", "ola", email="ola.n@uio.no", display_name="Ola Nær")
    IdentityStore(engine).admit(ola)
    RosterStore(engine).note_person(KnownPerson("ola", "id", "ola.n@uio.no", "Ola Nær", NOON))
    return Directory(engine)


def names(directory: Directory, text: str = "", only: Only = Only.ALL) -> list[str]:
    return [each.name for each in directory.look(Wanted(text, only), running={"ola"}).entries]


def test_who_vouches_and_what_is_known(directory: Directory) -> None:
    """One row for each account, by name; nothing is known of whoever has not logged in."""
    closed, boss, ola = directory.look(Wanted()).entries
    assert (closed.is_disabled, closed.provider, closed.known) == (True, "accounts", None)
    assert (boss.is_admin, boss.is_disabled, boss.provider) == (True, False, "accounts")
    assert (ola.provider, ola.is_admin) == ("oidc", False)
    assert ola.known == KnownPerson("ola", "id", "ola.n@uio.no", "Ola Nær", NOON)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["100%_x", "boss", "ola"]),
        ("OL", ["ola"]),
        ("uio.no", ["ola"]),
        ("nær ola", ["ola"]),
        ("NÆR", ["ola"]),
        ("ola boss", []),
        ("%", ["100%_x"]),
        ("_", ["100%_x"]),
        ("0%_", ["100%_x"]),
        ("\\", []),
        ("' or 1=1 --", []),
    ],
)
def test_each_word_is_somewhere(directory: Directory, text: str, found: list[str]) -> None:
    """In a name, a display name or an address; every character is itself."""
    assert names(directory, text) == found


def test_some_kinds_of_people(directory: Directory) -> None:
    """Admins, closed accounts, and those of whom the hub says that they have a server."""
    assert names(directory, only=Only.ADMINS) == ["boss"]
    assert names(directory, only=Only.CLOSED) == ["100%_x"]
    assert names(directory, only=Only.RUNNING) == ["ola"]
    assert directory.look(Wanted(only=Only.RUNNING)).total == 0


def test_pages_have_everybody_once(engine: Engine) -> None:
    """A page that is not there is the nearest one; an empty lab has one page."""
    directory = Directory(engine)
    nobody = directory.look(Wanted(number=7))
    assert (nobody.entries, nobody.total, nobody.number, nobody.pages) == ((), 0, 1, 1)
    accounts = AccountStore(engine)
    for number in range(PAGE + 2):
        accounts.add(f"p{number:03}")
    first, second, third = (directory.look(Wanted(number=number)) for number in (0, 2, 3))
    assert [len(each.entries) for each in (first, second, third)] == [PAGE, 2, 2]
    assert (first.number, third.number, first.total, first.pages) == (1, 2, PAGE + 2, 2)
    assert not {*first.entries} & {*second.entries}
