"""Whether the machine's clock can be right: sessions, links and certificates go by it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crepre_hub.clock import utc_now
from crepre_hub.doctor.web import ask
from crepre_hub.findings import Finding

TOLERANCE = timedelta(minutes=1)

_TIME_ERROR = 5
"""What adjtimex(2) returns while nothing keeps the clock right."""

_TIMEX_BYTES = 512
"""More than ``struct timex`` has on any machine; all zeros ask and set nothing."""

SET_CLOCK = "timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """
    The clock, and what can contradict it.

    Attributes:
        now: By this machine.
        newest: When a file of the lab was last written, by the clock of that moment.
        installed: When this version was put here, which cannot lie ahead.
        elsewhere: The time at the lab's address, which may be another machine's; None if unknown.
        is_kept: Whether something (NTP, say) keeps the clock right; None if the kernel is silent.
    """

    now: datetime
    newest: datetime
    installed: datetime
    elsewhere: datetime | None
    is_kept: bool | None


def look_at_clock(state: Path, url: str) -> ClockFacts:
    """This machine's clock beside everything that can contradict it."""
    elsewhere = ask(f"{url}/hub/health").date
    now = utc_now()
    files = [state, *state.glob("*"), *state.glob("log/*")]
    written = [_written(file) for file in files if file.exists()]
    return ClockFacts(
        now=now,
        newest=max(written, default=now),
        installed=_written(Path(__file__)),
        elsewhere=elsewhere,
        is_kept=_is_kept(),
    )


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _is_kept() -> bool | None:
    """
    Whether the kernel's clock is disciplined; None where it does not tell.

    Source: https://man7.org/linux/man-pages/man2/adjtimex.2.html
    """
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    answer = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if answer < 0 else answer != _TIME_ERROR


def judge_clock(seen: ClockFacts) -> Iterator[Finding]:
    """Time does not go back, and is the same everywhere."""
    latest = max(seen.newest, seen.installed)
    now = f"{seen.now:%Y-%m-%d %H:%M} UTC"
    if latest - seen.now > TOLERANCE:
        text = f"The clock says {now}, but files were written at {latest:%Y-%m-%d %H:%M} UTC."
        yield Finding("error", text, remedy=SET_CLOCK)
    if seen.elsewhere and abs(seen.elsewhere - seen.now) > TOLERANCE:
        seconds = round((seen.now - seen.elsewhere).total_seconds())
        way = "ahead of" if seconds > 0 else "behind"
        text = f"The clock is {abs(seconds)} s {way} that of the lab's public address."
        yield Finding("warning", text, remedy=SET_CLOCK)
    if seen.is_kept is False:
        text = f"Nothing keeps the clock right ({now})."
        yield Finding("warning", text, remedy=SET_CLOCK)
    elif latest - seen.now <= TOLERANCE:
        yield Finding("ok", f"The clock says {now}.")
