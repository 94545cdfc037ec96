"""The doctor's report for a page: made in a thread, kept for a while, told with its age."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now
from crepre_hub.doctor.run import Examined

log = logging.getLogger("crepre.doctor")

FRESH = timedelta(minutes=1)
"""A report that is older is made anew when somebody asks; they are shown the old one meanwhile."""

NOT_AGAIN_WITHIN = timedelta(seconds=5)
"""However often somebody clicks."""

PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor found, and when it had looked at everything."""

    examined: tuple[Examined, ...]
    at: datetime


class Examination:
    """
    The last report.

    True at every moment: at most one look is under way, and none of it on the event loop.
    """

    def __init__(self, look: Callable[[], Sequence[Examined]], clock: Clock = utc_now) -> None:
        """
        Begin without a report.

        Args:
            look: The whole examination; may take a minute.
        """
        self._look = look
        self._clock = clock
        self._report: Report | None = None
        self._under_way: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a newer report is being made."""
        return self._under_way is not None and not self._under_way.done()

    async def report(self, *, now: bool = False) -> Report | None:
        """
        The last report, however old; a new one where it comes within ``PATIENCE_SECONDS``.

        Args:
            now: Make a new one although the last is fresh.

        Returns:
            None while the first is being made, or where none could be.
        """
        if self._is_older_than(NOT_AGAIN_WITHIN if now else FRESH) and not self.is_under_way:
            self._under_way = asyncio.create_task(self._renew())
        if self._under_way is not None and self.is_under_way:
            await asyncio.wait([self._under_way], timeout=PATIENCE_SECONDS)
        return self._report

    def _is_older_than(self, age: timedelta) -> bool:
        return self._report is None or self._clock() - self._report.at > age

    async def _renew(self) -> None:
        try:
            examined = await asyncio.to_thread(self._look)
        except Exception:
            log.exception("The doctor could not look")
            return
        self._report = Report(tuple(examined), self._clock())
