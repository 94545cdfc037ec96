"""The throttle with its memory: one step that decides and writes down."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now
from crepre_hub.login.throttle import (
    WINDOW,
    account_key,
    device_key,
    seconds_to_wait,
    source_key,
)
from crepre_hub.store.attempts import Attempt, AttemptLog


class Gate:
    """
    Lets attempts through, or says how long to wait.

    An attempt is written down *before* the password is looked at and forgiven when it was
    right, so a thousand guesses at the same moment count a thousand times.
    """

    def __init__(self, log: AttemptLog, clock: Clock = utc_now) -> None:
        self._log = log
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._swept_at: datetime | None = None

    def attempt(self, *, name: str, address: str, proof: str | None = None) -> Attempt:
        """An attempt of this moment, by digests."""
        return Attempt(
            account_key(name),
            source_key(address),
            device_key(proof) if proof else None,
            self._clock(),
        )

    def enter(self, attempt: Attempt) -> int:
        """Seconds to wait; 0 when *attempt* is let through, and then it counts."""
        with self._one_at_a_time:
            self._sweep(attempt.at)
            wait = seconds_to_wait(attempt, self._log.near(attempt, since=attempt.at - WINDOW))
            if not wait:
                self._log.add(attempt)
            return wait

    def forgive(self, attempt: Attempt) -> None:
        """The password was right: earlier slips of the same person no longer count."""
        self._log.forgive(attempt)

    def withdraw(self, attempt: Attempt) -> None:
        """Nobody looked at it: it does not count, and what was tried before does as it did."""
        self._log.withdraw(attempt)

    def _sweep(self, now: datetime) -> None:
        """Once a minute, remove what no limit looks at any more."""
        if self._swept_at is None or now - self._swept_at > timedelta(minutes=1):
            self._log.forget_until(now - WINDOW)
            self._swept_at = now
