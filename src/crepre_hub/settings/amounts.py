"""Bounds of settings, told in the words in which amounts are written."""

from __future__ import annotations

from datetime import timedelta

from pydantic import AfterValidator

from crepre_hub.units import format_duration


def at_least(least: timedelta) -> AfterValidator:
    """Refuses shorter times."""

    def check(time: timedelta) -> timedelta:
        if time < least:
            raise ValueError(
                f"{format_duration(time)!r} is too short; at least {format_duration(least)!r}"
            )
        return time

    return AfterValidator(check)
