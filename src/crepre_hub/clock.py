"""The one place that asks what time it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Clock = Callable[[], datetime]

LOCAL_TIME = Path("/etc/localtime")


def utc_now() -> datetime:
    """The present moment in UTC, with its time zone."""
    return datetime.now(UTC)


def lab_zone(local: Path = LOCAL_TIME) -> tzinfo:
    """
    The machine's time zone, which is the lab's, with its summer time; UTC where none is set.

    An offset would not do: a lesson at 10:15 stays at 10:15 when clocks are changed.
    """
    name = os.environ.get("TZ", "").lstrip(":")
    try:
        if name:
            return ZoneInfo(name)
        with local.open("rb") as file:
            return ZoneInfo.from_file(file, key="the machine's")
    except (OSError, ValueError, ZoneInfoNotFoundError):  # ValueError: it is no such file
        return UTC
