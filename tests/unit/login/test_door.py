"""What happens when somebody wants in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError, Busy
from crepre_hub.login.door import (
    CLOSED,
    SPENT_LINK,
    TAKEN,
    WRONG,
    WRONG_OLD,
    Admitted,
    Door,
    MustWait,
    Visitor,
)
from crepre_hub.login.passwords import PasswordDesk
from crepre_hub.login.people import (
    LINK_LIFE,
    add_account,
    disable_account,
    enable_account,
    list_accounts,
    reset_account,
    welcome_url,
)
from crepre_hub.login.throttle import PER_PAIR
from crepre_hub.secret import Secret

HERE = Visitor("192.0.2.7")
PASSWORD = "seven cellos waltzing"
NEXT = "quiet marimba orchard"


async def newcomer(door: Door, name: str = "ada") -> None:
    link = add_account(door.store, name, clock=door.store._clock)
    assert isinstance(await door.use_link(link.code.reveal(), PASSWORD), Admitted)


@pytest.mark.parametrize(
    ("state", "password", "answer"),
    [
        ("open", PASSWORD, Admitted),
        ("open", "wrong", WRONG),
        ("open", "", WRONG),
        ("no password yet", PASSWORD, WRONG),
        ("no password yet", "", WRONG),
        ("unknown", PASSWORD, WRONG),
        ("reset", PASSWORD, WRONG),
        ("closed", PASSWORD, CLOSED),
        ("closed", "wrong", WRONG),
        ("opened again", PASSWORD, Admitted),
    ],
)
async def test_who_gets_in(door: Door, state: str, password: str, answer: Any) -> None:
    """An open account and its password, nothing else; only the owner learns that it is closed."""
    if state == "no password yet":
        add_account(door.store, "ada")
    elif state != "unknown":
        await newcomer(door)
    if state == "reset":
        reset_account(door.store, "ada")
    if state in ("closed", "opened again"):
        disable_account(door.store, "ada")
    if state == "opened again":
        enable_account(door.store, "ada")
    got = await door.log_in("ada", password, HERE)
    assert isinstance(got, Admitted) if answer is Admitted else got is answer


async def test_a_stale_link_opens_nothing(door: Door, clock: Any) -> None:
    """A link lives for a day."""
    link = add_account(door.store, "ada", clock=clock)
    clock.now += LINK_LIFE
    assert await door.name_behind_link_or_none(link.code.reveal()) is None
    assert await door.use_link(link.code.reveal(), PASSWORD) is SPENT_LINK


@pytest.mark.parametrize("code", ["", "x", "x" * 10_000_000, "\ud800", "%00", "' OR 1=1 --"])
async def test_a_made_up_code_opens_nothing(door: Door, code: str) -> None:
    """Whatever its length or letters."""
    add_account(door.store, "ada")
    assert await door.use_link(code, PASSWORD) is SPENT_LINK


async def test_the_code_itself_is_not_kept(door: Door, tmp_path: Any) -> None:
    """Who reads the database finds no link that works, and no password."""
    link = add_account(door.store, "ada", clock=door.store._clock)
    await newcomer(door, "bob")
    files = b"".join(path.read_bytes() for path in tmp_path.glob("lab.sqlite*"))
    assert b"bob" in files
    assert link.code.reveal().encode() not in files
    assert PASSWORD.encode() not in files


async def test_a_wrong_name_in_the_log_of_attempts_is_a_digest(door: Door, tmp_path: Any) -> None:
    """A password typed into the field for the name is not kept either."""
    await door.log_in("My Secret Password 99", "x", HERE)
    files = b"".join(path.read_bytes() for path in tmp_path.glob("lab.sqlite*"))
    assert b"Secret Password" not in files


async def test_too_many_tries_wait_and_then_pass(door: Door, clock: Any) -> None:
    """The right password does not help while waiting, and does afterwards."""
    await newcomer(door)
    for _ in range(PER_PAIR):
        assert await door.log_in("ada", "wrong", HERE) is WRONG
    waiting = await door.log_in("ada", PASSWORD, HERE)
    assert isinstance(waiting, MustWait)
    clock.now += timedelta(seconds=waiting.seconds)
    assert isinstance(await door.log_in("ada", PASSWORD, HERE), Admitted)


async def test_a_login_forgives_the_slips_before_it(door: Door) -> None:
    """Who got in after some slips has all tries again."""
    await newcomer(door)
    for _ in range(3):
        for _ in range(PER_PAIR - 1):
            assert await door.log_in("ada", "wrong", HERE) is WRONG
        assert isinstance(await door.log_in("ada", PASSWORD, HERE), Admitted)


async def test_guesses_at_the_same_moment_all_count(door: Door) -> None:
    """Of a hundred at once no more are looked at than of a hundred in a row."""
    await newcomer(door)
    answers = await asyncio.gather(*[door.log_in("ada", f"guess{n}", HERE) for n in range(100)])
    assert sum(answer is WRONG for answer in answers) == PER_PAIR


async def test_a_try_that_nobody_looked_at_is_not_held_against_anybody(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was sent away because of a crowd has all tries left."""
    await newcomer(door)

    async def full(*_: object) -> None:
        raise Busy("full")

    with monkeypatch.context() as crowd:
        crowd.setattr(PasswordDesk, "verify", full)
        for _ in range(PER_PAIR * 2):
            with pytest.raises(Busy):
                await door.log_in("ada", PASSWORD, HERE)
    assert isinstance(await door.log_in("ada", PASSWORD, HERE), Admitted)


async def test_a_crowd_takes_no_wrong_guess_back(
    door: Door, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever makes a crowd could guess as often as they like."""
    await newcomer(door)

    async def full(*_: object) -> None:
        raise Busy("full")

    for guess in range(PER_PAIR):
        clock.now += timedelta(seconds=1)
        with monkeypatch.context() as crowd:
            crowd.setattr(PasswordDesk, "verify", full)
            with pytest.raises(Busy):
                await door.log_in("ada", "wrong", HERE)
        clock.now += timedelta(seconds=1)
        assert await door.log_in("ada", f"wrong{guess}", HERE) is WRONG
    assert isinstance(await door.log_in("ada", PASSWORD, HERE), MustWait)


@pytest.mark.parametrize("name", ["ada", "Ada", " ada "])
async def test_a_name_is_signed_up_once(door: Door, name: str) -> None:
    """The second one is told that it is taken, and the first password still opens it."""
    assert isinstance(await door.sign_up("ada", PASSWORD, HERE), Admitted)
    assert await door.sign_up(name, NEXT, HERE) is TAKEN
    assert isinstance(await door.log_in("ada", PASSWORD, HERE), Admitted)


async def test_names_cannot_be_probed_by_signing_up_fast(door: Door) -> None:
    """Asking for taken names counts like wrong passwords do."""
    await newcomer(door)
    answers = [await door.sign_up("ada", NEXT, HERE) for _ in range(PER_PAIR + 1)]
    assert isinstance(answers[-1], MustWait)


async def test_a_bad_name_or_password_makes_no_account(door: Door) -> None:
    """The refusal is about the one that is bad."""
    assert isinstance(await door.sign_up("аda", PASSWORD, HERE), Refused)
    assert isinstance(await door.sign_up("ada", "short", HERE), Refused)
    assert list_accounts(door.store) == ()


async def test_a_password_is_changed_by_who_knows_it(door: Door) -> None:
    """And guessing the old one there is as slow as guessing at the login page."""
    await newcomer(door)
    assert await door.change_password("ada", "wrong", NEXT, HERE) is WRONG_OLD
    assert isinstance(await door.change_password("ada", PASSWORD, "short", HERE), Refused)
    assert isinstance(await door.change_password("ada", PASSWORD, NEXT, HERE), Admitted)
    assert await door.log_in("ada", PASSWORD, HERE) is WRONG
    assert isinstance(await door.log_in("ada", NEXT, HERE), Admitted)
    for _ in range(PER_PAIR):
        assert await door.change_password("ada", "wrong", NEXT, HERE) is WRONG_OLD
    assert isinstance(await door.change_password("ada", NEXT, PASSWORD, HERE), MustWait)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/hub/welcome?code=c-_1"),
        ("https://lab.example.org/", "https://lab.example.org/hub/welcome?code=c-_1"),
        ("https://example.org/lab/", "https://example.org/lab/hub/welcome?code=c-_1"),
    ],
)
def test_a_welcome_url_is_below_the_lab(base: str, url: str) -> None:
    """The form that people are sent."""
    assert welcome_url(base, Secret("c-_1")) == url


def test_a_link_does_not_print_its_code(door: Door) -> None:
    """Only ``welcome_url`` shows it."""
    link = add_account(door.store, "ada", make_code=lambda: "the-code")
    assert "the-code" not in repr(link) + str(link)


def test_what_cannot_be_done_to_an_account_is_told(door: Door) -> None:
    """Taken, unknown, closed and impossible names each have their sentence."""
    add_account(door.store, "ada", admin=True)
    with pytest.raises(AccountError, match="already"):
        add_account(door.store, "ADA")
    with pytest.raises(AccountError, match="no account"):
        reset_account(door.store, "bob")
    with pytest.raises(AccountError, match="begins with a letter"):
        add_account(door.store, "../bob")
    disable_account(door.store, "ada")
    with pytest.raises(AccountError, match="closed"):
        reset_account(door.store, "ada")
    enable_account(door.store, "ada")
    reset_account(door.store, "ada")
    assert [account.is_admin for account in list_accounts(door.store)] == [True]
