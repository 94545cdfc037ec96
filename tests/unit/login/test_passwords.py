"""Which passwords are good enough, and what hashing them does."""

from __future__ import annotations

import asyncio
import threading
import unicodedata

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from crepre_hub.decisions import Granted, Refused
from crepre_hub.errors import Busy
from crepre_hub.login.passwords import (
    LONGEST_BYTES,
    SHORTEST,
    PasswordDesk,
    argon2_of_the_day,
    judge_password,
)

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "seven cellos waltzing"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "password-too-short"),
        ("k7#Qw9!zB", "password-too-short"),
        ("password123", "password-too-easy"),
        ("qwertyuiop", "password-too-easy"),
        ("aaaaaaaaaaaaaaaaaaaa", "password-too-easy"),
        ("1234567890", "password-too-easy"),
        ("ada.lovelace", "password-too-easy"),
        ("P@ssw0rd2026", "password-too-easy"),
        ("x" * (LONGEST_BYTES + 1), "password-too-long"),
        ("ø" * (LONGEST_BYTES // 2 + 1), "password-too-long"),
        ("x" * 10_000_000, "password-too-long"),
        ("\ud800 half a surrogate pair", "password-too-long"),
    ],
    ids=str,
)
def test_a_bad_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    """In one sentence without the password in it, and with what to do next."""
    answer = judge_password(password, user_name="ada.lovelace")
    assert isinstance(answer, Refused)
    assert answer.reason == reason
    assert answer.message.count(".") == 1
    assert answer.remedy
    assert not password or password not in answer.message + answer.remedy


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "tre gule hester danser",
        "bGh7-qq2L-vv9x",
        "混乱した緑の自転車と七つの鐘",
        GOOD.ljust(LONGEST_BYTES, "x"),
    ],
)
def test_a_good_password_is_granted(password: str) -> None:
    """Words in any language, or noise, up to the greatest length."""
    assert isinstance(judge_password(password, user_name="ada"), Granted)


def test_ones_own_name_makes_a_password_no_better() -> None:
    """What is good for others is too easy for whoever is called so."""
    assert isinstance(judge_password("zbigniewxq77", user_name="ada"), Granted)
    assert isinstance(judge_password("zbigniewxq77", user_name="zbigniewxq77"), Refused)


@given(st.text(max_size=40))
@settings(max_examples=60)
def test_judging_says_yes_or_no_to_everything(password: str) -> None:
    """No text breaks it, and nothing too short passes."""
    answer = judge_password(password, user_name="ada")
    if len(unicodedata.normalize("NFKC", password)) < SHORTEST:
        assert isinstance(answer, Refused)


async def test_a_hash_is_of_its_password_alone() -> None:
    """However a keyboard composes the letters; nothing is cut at the end."""
    desk = PasswordDesk(QUICK)
    stored = await desk.hash("blåbærsyltetøy på brød")
    assert stored.startswith("$argon2id$")
    decomposed = unicodedata.normalize("NFD", "blåbærsyltetøy på brød")
    assert (await desk.verify(stored, decomposed)).is_right
    assert not (await desk.verify(stored, "blåbærsyltetøy på brø")).is_right
    long = "x" * (LONGEST_BYTES - 1)
    assert not (await desk.verify(await desk.hash(long + "a"), long + "b")).is_right
    desk.close()


async def test_two_hashes_of_one_password_differ() -> None:
    """Each has a salt of its own."""
    desk = PasswordDesk(QUICK)
    assert await desk.hash(GOOD) != await desk.hash(GOOD)
    desk.close()


@pytest.mark.parametrize("password", ["", "x" * 2_000_000, "\ud800", "not the one"])
async def test_what_cannot_be_right_is_wrong(password: str) -> None:
    """Empty, huge or broken: the answer is no, without an error, stored hash or none."""
    desk = PasswordDesk(QUICK)
    stored = await desk.hash(GOOD)
    for hash_or_none in (stored, None, "", "no hash at all"):
        assert not (await desk.verify(hash_or_none, password)).is_right
    desk.close()


class CountingHasher(PasswordHasher):
    """Argon2, and how often it was asked."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.verified += 1
        return super().verify(hash, password)


@pytest.mark.parametrize("password", [GOOD, "not the one", "x" * 5000])
@pytest.mark.parametrize("has_account", [True, False])
async def test_each_try_is_one_verification(password: str, has_account: bool) -> None:
    """Account or none, right or wrong, too long or not."""
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    desk = PasswordDesk(hasher)
    stored = await desk.hash(GOOD)
    await desk.verify(stored if has_account else None, password)
    assert hasher.verified == 1
    desk.close()


async def test_nobodys_hash_has_todays_parameters_and_is_made_once() -> None:
    """So that holding a password against nobody takes as long as against somebody."""
    desk = PasswordDesk(QUICK)
    await desk.verify(None, GOOD)
    first = desk._nobodys_hash
    await desk.verify(None, GOOD)
    assert desk._nobodys_hash == first
    assert not QUICK.check_needs_rehash(first)
    desk.close()


async def test_an_old_hash_is_renewed_by_the_right_password_alone() -> None:
    """After a change of parameters, each login brings one hash up to date."""
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(GOOD)
    desk = PasswordDesk(QUICK)
    assert (await desk.verify(old, "not the one")).renewed_hash is None
    renewed = (await desk.verify(old, GOOD)).renewed_hash
    assert renewed is not None
    assert not QUICK.check_needs_rehash(renewed)
    assert (await desk.verify(renewed, GOOD)).is_right
    assert (await desk.verify(renewed, GOOD)).renewed_hash is None
    desk.close()


def test_todays_parameters_are_what_owasp_asks_for() -> None:
    """Argon2id with at least 19 MiB and two passes."""
    hashed = argon2_of_the_day().hash("x")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


class GatedHasher(PasswordHasher):
    """Argon2 that waits for a sign, and knows how many wait at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.sign = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.sign.wait(10)
        with self._lock:
            self.at_once -= 1
        return super().verify(hash, password)


async def test_a_crowd_is_served_a_few_at_a_time_and_a_flood_is_sent_away() -> None:
    """At most the workers hash at once; beyond the queue the answer is Busy; then it recovers."""
    hasher = GatedHasher()
    desk = PasswordDesk(hasher, workers=2, longest_queue=5)
    crowd = [asyncio.create_task(desk.verify(None, GOOD)) for _ in range(7)]
    await asyncio.sleep(0.05)
    with pytest.raises(Busy):
        await desk.verify(None, GOOD)
    hasher.sign.set()
    assert len(await asyncio.gather(*crowd)) == 7
    assert hasher.most_at_once == 2
    assert not (await desk.verify(None, GOOD)).is_right
    desk.close()
