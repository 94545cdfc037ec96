"""Which passwords are good enough, and how they are hashed without holding up the hub."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.errors import Busy
from crepre_hub.login.password_words import sentence_for
from crepre_hub.sentences import say, together

SHORTEST = 10
"""In characters."""

LONGEST_BYTES = 1024
"""In UTF-8; a longer one is refused, not cut."""

GOOD_SCORE = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses, out of reach behind a throttle."""

_JUDGED = 72
"""zxcvbn looks at this many characters at most; its work grows faster than the length."""

_T = TypeVar("_T")


def normal_password(typed: str) -> str:
    """
    The same characters, however a keyboard composed them.

    NFKC, as https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver advises.
    """
    return unicodedata.normalize("NFKC", typed)


def judge_password(password: str, *, user_name: str) -> Decision:
    """Whether *password* may be chosen by *user_name*; a refusal says why, in one sentence."""
    if not _has_bearable_length(password):
        return Refused(
            "password-too-long",
            say("This password is too long."),
            remedy=say(
                "Use at most %(most)s bytes, which is several hundred words.", most=LONGEST_BYTES
            ),
        )
    password = normal_password(password)
    if len(password) < SHORTEST:
        return Refused(
            "password-too-short",
            say("This password has fewer than %(least)s characters.", least=SHORTEST),
            remedy=say("Three or four words that do not belong together make a good one."),
        )
    verdict = zxcvbn(password[:_JUDGED], user_inputs=[user_name])
    if verdict["score"] >= GOOD_SCORE:
        return Granted("password-good")
    return _too_easy(verdict["feedback"]["warning"], verdict["feedback"]["suggestions"])


def _too_easy(warning: str, suggestions: list[str]) -> Refused:
    """With zxcvbn's own words, and what to do next."""
    said = together(*map(sentence_for, (warning, *suggestions)))
    remedy = said or say("Add another word or two.")
    return Refused("password-too-easy", say("This password is too easy to guess."), remedy)


def _has_bearable_length(password: str) -> bool:
    if len(password) > LONGEST_BYTES:
        return False
    try:
        return len(password.encode()) <= LONGEST_BYTES
    except UnicodeEncodeError:  # half a surrogate pair: no keyboard makes it
        return False


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What became of a password that somebody typed.

    Attributes:
        is_right: Whether it is the account's password.
        renewed_hash: The same password under today's parameters, where the stored hash has
            older ones.
    """

    is_right: bool
    renewed_hash: str | None = None


def argon2_of_the_day() -> PasswordHasher:
    """
    Argon2id with 19 MiB, two passes, one lane: about 20 ms here.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordDesk:
    """
    Judges, hashes and verifies in a few threads beside the event loop.

    - At most *workers* passwords are worked on at once, so a class that logs in together costs
      *workers* times 19 MiB and the hub goes on answering.
    - At most *longest_queue* wait; who comes after that is told to come back (``Busy``).
    - ``verify`` does the same work whether or not there is a hash to hold the password against.
    """

    def __init__(
        self, hasher: PasswordHasher | None = None, *, workers: int = 2, longest_queue: int = 200
    ) -> None:
        self._hasher = hasher or argon2_of_the_day()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._room = workers + longest_queue
        self._inside = 0

    async def judge(self, password: str, *, user_name: str) -> Decision:
        """As ``judge_password``."""
        return await self._work(lambda: judge_password(password, user_name=user_name))

    async def hash(self, password: str) -> str:
        """The hash of a password that has been judged good enough."""
        return await self._work(lambda: self._hasher.hash(normal_password(password)))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Hold *password* against *stored*, or against nobody's hash where that is None."""
        return await self._work(lambda: self._verify(stored, password))

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hasher.hash(secrets.token_hex())

    def _verify(self, stored: str | None, password: str) -> Verdict:
        bearable = _has_bearable_length(password)
        candidate = normal_password(password) if bearable else ""
        try:
            self._hasher.verify(stored if stored and bearable else self._nobodys_hash, candidate)
        except (VerificationError, InvalidHashError):
            return Verdict(is_right=False)
        if not stored or not bearable:
            return Verdict(is_right=False)
        if self._hasher.check_needs_rehash(stored):
            return Verdict(is_right=True, renewed_hash=self._hasher.hash(candidate))
        return Verdict(is_right=True)

    async def _work(self, task: Callable[[], _T]) -> _T:
        if self._inside >= self._room:
            raise Busy(
                say("Many people are logging in at this moment."), remedy=say("Wait a few seconds.")
            )
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, task)
        finally:
            self._inside -= 1
