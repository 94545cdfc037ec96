"""A clock that tests set by hand."""

from __future__ import annotations

from datetime import UTC, datetime

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


class HandClock:
    """Says *now*, which moves only when a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
