"""Days and times of day as course files write them."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any

from pydantic import BeforeValidator


def _text(value: Any) -> str:
    """TOML's dates and times come as a table with one key; see ``settings.reader``."""
    return str(value.get("date") if isinstance(value, dict) else value)


def _day(value: Any) -> date:
    text = _text(value)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date, like 2026-08-17") from None


def _time(value: Any) -> time:
    text = _text(value)
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or ":" not in text or found.tzinfo is not None:
        raise ValueError(f"{text!r} is not a time of day, like '10:15'")
    return found


Day = Annotated[date, BeforeValidator(_day)]
TimeOfDay = Annotated[time, BeforeValidator(_time)]
