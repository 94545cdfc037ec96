"""What happens when somebody wants in, in no web framework's words."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError, Busy
from crepre_hub.login.gate import Gate
from crepre_hub.login.names import normal_name
from crepre_hub.login.passwords import PasswordDesk, Verdict
from crepre_hub.login.throttle import in_words
from crepre_hub.sentences import Sentence, say, together
from crepre_hub.store.accounts import Account, AccountStore
from crepre_hub.store.attempts import Attempt

P = ParamSpec("P")
T = TypeVar("T")

ASK = say("Ask your teacher or the lab's admin for a new link.")

WRONG = Refused(
    "wrong-name-or-password",
    say("The user name or the password is not right."),
    remedy=together(say("Try again. Forgot it?"), ASK),
)
CLOSED = Refused(
    "account-closed", say("This account is closed."), remedy=say("Ask the lab's admin.")
)
SPENT_LINK = Refused(
    "link-spent", say("This link has been used before, or its time is over."), remedy=ASK
)
TAKEN = Refused(
    "name-taken",
    say("This user name is taken."),
    remedy=say("Choose another one, or log in if it is yours."),
)
WRONG_OLD = Refused(
    "wrong-old-password",
    say("The old password is not right."),
    remedy=say("Type it once more."),
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Come in; *account* is as it was read a moment ago."""

    account: Account


@dataclass(frozen=True, slots=True)
class MustWait:
    """Too many attempts; the next one is looked at after *seconds*."""

    seconds: int

    @property
    def whole(self) -> Sentence:
        """Message and remedy."""
        return together(self.message, self.remedy)

    @property
    def message(self) -> str:
        """The same words whether or not there is such an account."""
        return say("There have been too many attempts to log in.")

    @property
    def remedy(self) -> str:
        """How long, in words."""
        return say("Wait %(time)s, then try again.", time=in_words(self.seconds))


Answer = Admitted | MustWait | Refused


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Where an attempt comes from.

    Attributes:
        address: Network address of the browser.
        proof: What shows that this browser has logged in to the account before, if it has.
    """

    address: str
    proof: str | None = None


class Door:
    """
    The use cases of local accounts.

    The database is used from one thread of its own, passwords are worked on in others, so the
    event loop is never held up. Each method may raise ``StoreUnreachable`` or ``Busy``.
    """

    def __init__(self, store: AccountStore, gate: Gate, passwords: PasswordDesk) -> None:
        self.store = store
        self._gate = gate
        self._passwords = passwords
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="accounts")

    async def aside(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call of the store in the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: call(*args, **kwargs)
        )

    def close(self) -> None:
        """Let the threads end."""
        self._thread.shutdown(wait=False)
        self._passwords.close()

    async def log_in(self, typed_name: str, password: str, visitor: Visitor) -> Answer:
        """
        Whoever knows the password of an open account is admitted.

        An unknown name, an account without a password and a wrong password get the same answer
        after the same work: one attempt written, one look-up, one verification.
        """
        name = _name_or_garbage(typed_name)
        attempt = await self.enter(name, visitor)
        if isinstance(attempt, MustWait):
            return attempt
        account = await self.aside(self.store.account_or_none, name)
        verdict = await self._verify(attempt, account, password)
        if account is None or not verdict.is_right:
            return WRONG
        await self.aside(self._gate.forgive, attempt)
        if account.is_disabled:
            return CLOSED
        await self._after_login(account, verdict)
        return Admitted(account)

    async def _after_login(self, account: Account, verdict: Verdict) -> None:
        await self.aside(self.store.note_login, account.name)
        if verdict.renewed_hash and account.password_hash:
            await self.aside(
                self.store.renew_hash,
                account.name,
                old=account.password_hash,
                new=verdict.renewed_hash,
            )

    async def sign_up(self, typed_name: str, password: str, visitor: Visitor) -> Answer:
        """A new account with a password, where the name is free and the password good."""
        name = normal_name(typed_name)
        if isinstance(name, Refused):
            return name
        password_hash = await self._hash_if_good(password, name)
        if isinstance(password_hash, Refused):
            return password_hash
        attempt = await self.enter(name, visitor)
        if isinstance(attempt, MustWait):
            return attempt
        try:
            account = await self.aside(self.store.add, name, password_hash=password_hash)
        except AccountError:
            return TAKEN
        await self.aside(self._gate.forgive, attempt)
        return Admitted(account)

    async def name_behind_link_or_none(self, code: str) -> str | None:
        """Whose link it is, while it can be used."""
        return await self.aside(self.store.name_behind_link_or_none, hash_of_code(code))

    async def use_link(self, code: str, password: str) -> Answer:
        """Set the first or the next password; the link is used up only if that works."""
        name = await self.name_behind_link_or_none(code)
        if name is None:
            return SPENT_LINK
        password_hash = await self._hash_if_good(password, name)
        if isinstance(password_hash, Refused):
            return password_hash
        account = await self.aside(
            self.store.use_link, hash_of_code(code), password_hash=password_hash
        )
        return SPENT_LINK if account is None else Admitted(account)

    async def change_password(self, name: str, old: str, new: str, visitor: Visitor) -> Answer:
        """A new password for whoever knows the old one."""
        attempt = await self.enter(name, visitor)
        if isinstance(attempt, MustWait):
            return attempt
        account = await self.aside(self.store.account_or_none, name)
        verdict = await self._verify(attempt, account, old)
        if account is None or account.is_disabled or not verdict.is_right:
            return WRONG_OLD
        await self.aside(self._gate.forgive, attempt)
        password_hash = await self._hash_if_good(new, name)
        if isinstance(password_hash, Refused):
            return password_hash
        await self.aside(self.store.change_password, name, password_hash)
        return Admitted(account)

    async def enter(self, name: str, visitor: Visitor) -> Attempt | MustWait:
        """Write down that somebody tries to be *name*, or say how long to wait."""
        attempt = self._gate.attempt(name=name, address=visitor.address, proof=visitor.proof)
        seconds = await self.aside(self._gate.enter, attempt)
        return MustWait(seconds) if seconds else attempt

    async def forgive(self, attempt: Attempt) -> None:
        """The password was right after all."""
        await self.aside(self._gate.forgive, attempt)

    async def withdraw(self, attempt: Attempt) -> None:
        """Nobody could say whether the password was right."""
        await self.aside(self._gate.withdraw, attempt)

    async def _verify(self, attempt: Attempt, account: Account | None, password: str) -> Verdict:
        try:
            stored = account.password_hash if account is not None else None
            return await self._passwords.verify(stored, password)
        except Busy:  # nothing was looked at, so nothing is held against anybody
            await self.withdraw(attempt)
            raise

    async def _hash_if_good(self, password: str, name: str) -> str | Refused:
        judgement = await self._passwords.judge(password, user_name=name)
        if isinstance(judgement, Refused):
            return judgement
        return await self._passwords.hash(password)


def hash_of_code(code: str) -> str:
    """What is kept of a one-time code. The code has 256 random bits, so one round is enough."""
    return hashlib.sha256(code[:256].encode("utf-8", "replace")).hexdigest()


def _name_or_garbage(typed: str) -> str:
    name = normal_name(typed)
    return typed[:256] if isinstance(name, Refused) else name
