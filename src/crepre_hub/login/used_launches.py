"""A launch from a learning platform is good for one login."""

from __future__ import annotations

import threading

LAUNCH_SECONDS = 900
"""Longer than a launch can be used: ten minutes after it was signed, and a clock may be off."""

MOST_LAUNCHES = 100_000


class UsedLaunches:
    """
    Launches that were used, so that nobody can use one again.

    Only what the platform has signed gets here, so nobody else can fill it
    (https://github.com/advisories/GHSA-8mxq-7xr7-2fxj).
    """

    def __init__(self, most: int = MOST_LAUNCHES) -> None:
        self._most = most
        self._used: dict[str, float] = {}
        self._one_at_a_time = threading.Lock()

    def use(self, nonce: str, *, now: float) -> bool:
        """Whether *nonce* is used for the first time; *now* is in seconds."""
        with self._one_at_a_time:
            while self._used and next(iter(self._used.values())) <= now:  # the oldest is the first
                del self._used[next(iter(self._used))]
            if nonce in self._used or len(self._used) >= self._most:
                return False
            self._used[nonce] = now + LAUNCH_SECONDS
            return True
