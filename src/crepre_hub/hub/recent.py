"""What went wrong lately, for the admins' page; the log has all of it, and for longer."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now

KEPT = 50
LOOK_BACK = timedelta(days=1)
STARTS = logging.getLogger("crepre.start")
"""Failed and refused starts, each with the code that stands on the student's page."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line."""

    at: datetime
    text: str


class Recent(logging.Filter):
    """
    The last troubles, until the hub ends.

    A filter that lets every record pass: a handler would take the place of Python's last resort,
    which writes these lines into the hub's log.
    """

    def __init__(self, clock: Clock = utc_now) -> None:
        super().__init__()
        self._clock = clock
        self._kept: deque[Happening] = deque(maxlen=KEPT)

    def listen(self) -> None:
        """Note what is logged of starts; may be repeated."""
        STARTS.addFilter(self)

    def stop(self) -> None:
        """Listen no more; may be repeated."""
        STARTS.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line; what was raised stays in the log alone."""
        self.note(record.getMessage())
        return True

    def note(self, text: str) -> None:
        """Keep *text*, with this moment."""
        self._kept.append(Happening(self._clock(), text))

    def lately(self) -> tuple[Happening, ...]:
        """What happened within ``LOOK_BACK``, the newest first."""
        now = self._clock()
        return tuple(each for each in reversed(self._kept) if now - each.at < LOOK_BACK)
