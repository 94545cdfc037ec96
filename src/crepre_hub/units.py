"""
Memory and time as people write them.

Memory is in bytes; the units are 1024 of one another and spelled so (``GiB``). ``GB`` is refused,
since half the world means 1000 by it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

MEMORY_UNITS = {"MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
TIME_UNITS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}

LONGEST = timedelta(days=100 * 365)
"""A day so far from now has a date still."""

MOST_BYTES = 2**63 - 1

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)")


def _quantity(text: object, units: str, example: str) -> tuple[float, str]:
    """Split ``"2 GiB"`` into number and unit; *units* and *example* are for the error."""
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not an amount; write a number and {units}, like {example!r}")
    return float(match[1]), match[2]


def parse_memory(text: object) -> int:
    """
    Bytes in *text*, such as ``"2 GiB"``.

    Raises:
        ValueError: If there is no unit, or none of those in ``MEMORY_UNITS``, or far too much.
    """
    number, unit = _quantity(text, "MiB or GiB", "2 GiB")
    if unit not in MEMORY_UNITS:
        raise ValueError(f"{unit!r} is not a unit of memory; use {', '.join(MEMORY_UNITS)}")
    if number * MEMORY_UNITS[unit] > MOST_BYTES:
        raise ValueError(f"{text!r} is more memory than there is in any machine")
    return round(number * MEMORY_UNITS[unit])


def parse_duration(text: object) -> timedelta:
    """
    The time in *text*, such as ``"90 min"``.

    Raises:
        ValueError: If there is no unit, or none of those in ``TIME_UNITS``, or far too much.
    """
    number, unit = _quantity(text, "s, min, h or d", "2 h")
    if unit not in TIME_UNITS:
        raise ValueError(f"{unit!r} is not a unit of time; use {', '.join(TIME_UNITS)}")
    if number > LONGEST / TIME_UNITS[unit]:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return number * TIME_UNITS[unit]


def format_memory(size: int) -> str:
    """*size* in bytes as people write it: ``"1.5 GiB"``."""
    unit = next((u for u in ("TiB", "GiB") if size >= MEMORY_UNITS[u]), "MiB")
    return f"{size / MEMORY_UNITS[unit]:.3g} {unit}"


def format_size(size: int) -> str:
    """The size of a file in bytes as people write it, in whole KiB below a MiB: ``"64 KiB"``."""
    return format_memory(size) if size >= MEMORY_UNITS["MiB"] else f"{-(-size // 1024)} KiB"


def format_duration(time: timedelta) -> str:
    """*time* as people write it, in the largest unit that leaves no rest: ``"90 min"``."""
    for unit in ("d", "h", "min"):
        if time >= TIME_UNITS[unit] and not time % TIME_UNITS[unit]:
            return f"{time // TIME_UNITS[unit]} {unit}"
    return f"{time.total_seconds():.15g} s"


Memory = Annotated[int, BeforeValidator(parse_memory)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
