"""How long servers ran: what the hub sees is written down, and read by their owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now
from crepre_hub.store.runs import RunLog
from crepre_hub.usage.sessions import Run, monday_of, total

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Week:
    """
    This week of one person, Monday first, in the machine's time zone.

    Attributes:
        time: How long their servers ran, taken together.
        latest: The last runs, the newest first.
    """

    begin: datetime
    time: timedelta
    latest: tuple[Run, ...]


class UsageDesk:
    """The record of runs; each method may raise ``StoreUnreachable``."""

    def __init__(self, log: RunLog, clock: Clock = utc_now) -> None:
        self._log = log
        self._clock = clock

    def look(self, running: Iterable[Run]) -> None:
        """*running* are all servers that run now; a look makes good what an earlier one missed."""
        self._log.keep(running, now=self._clock())

    def began(self, run: Run) -> None:
        """A server has started."""
        self._log.begin(run)

    def ended(self, owner: str, server: str) -> None:
        """The server of *owner* has stopped."""
        self._log.end(owner, server, now=self._clock())

    def week_of(self, owner: str) -> Week:
        """The week until now."""
        now = self._clock().astimezone()
        begin = monday_of(now)
        runs = self._log.of(owner, since=begin)
        return Week(begin, total(runs, begin, now), runs[:SHOWN])
