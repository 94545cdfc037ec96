"""
What a student sees first.

JupyterLab opens as it was left. Only once, somebody new is led to the page of welcome, and to the
file that the course opens with.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from crepre_seat.facts import SeatFacts

log = logging.getLogger("crepre_seat")


VISIT_SECONDS = 15.0
"""
How long somebody is on the way in.

The hub's page asks more than once, and who has to log in on the way comes again.
"""

Clock = Callable[[], float]


class Opening:
    """Where the server's own address leads."""

    def __init__(
        self,
        facts: SeatFacts,
        *,
        default: str,
        first: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """
        Begin with nothing opened.

        Args:
            facts: About the home and the course.
            default: Path of JupyterLab.
            first: A file of the home to open at the first visit; empty for none.
            clock: Seconds that only grow.
        """
        self._facts = facts
        self._default = default
        self._first = first
        self._clock = clock
        self._opening = ""
        self._visit_ends = float("-inf")

    def next(self) -> str:
        """The path to lead to; during one visit it is the same."""
        if self._clock() >= self._visit_ends or not self._opening:
            self._opening = self._course_file() or self._first
            self._visit_ends = self._clock() + VISIT_SECONDS
            if self._opening:
                self._first = ""
        return f"{self._default}/tree/{quote(self._opening)}" if self._opening else self._default

    def _course_file(self) -> str:
        """The course's file to open, if it is there and was not opened before."""
        file = self._facts.content.first if self._facts.content else ""
        if not file or not (self._facts.home / file).is_file():
            return ""
        return file if remember(self._facts.state / "opened", file) else ""


def remember(book: Path, line: str) -> bool:
    """Whether *line* is new to the file *book*; it stands in it from now on, if it can."""
    try:
        if book.exists() and line in book.read_text(encoding="utf-8").splitlines():
            return False
        book.parent.mkdir(parents=True, exist_ok=True)
        with book.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    except (OSError, ValueError) as problem:
        log.info("What was opened is not remembered: %s", problem)
        return False
    return True
