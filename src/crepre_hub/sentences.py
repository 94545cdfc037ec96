"""
Sentences for people, which can be told in other languages than English.

Rules and desks know no language: they answer in English, with ``say``. The sentence is a text like
any other, for logs, the command line and tests, and it remembers how it was put together. So it can
be told again at the edge, to whoever reads the page: see ``languages``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

Value = object
"""A text, a number, a day, a ``WeekTime``, or another sentence."""


@dataclass(frozen=True, slots=True)
class WeekTime:
    """A moment as people say one of these weeks: ``Tue 3 Nov 11:40``, in the zone that it has."""

    moment: datetime

    def __str__(self) -> str:
        return f"{self.moment:%a} {self.moment.day} {self.moment:%b %H:%M}"


class Sentence(str):
    """
    A text in English that knows what it was made from.

    What is cut out of one, or glued to one, is a plain text and stays English: ``together`` glues.

    Attributes:
        wording: With the names of values in it, as ``%(course)s``; this is what is translated.
        plural: The wording where there is more than one; empty where nothing is counted.
        number: How many, where something is counted.
        values: What stands in the place of the names.
    """

    __slots__ = ("number", "plural", "values", "wording")

    wording: str
    plural: str
    number: int
    values: Mapping[str, Value]


def say(wording: str, **values: Value) -> Sentence:
    """The sentence with *values* in the places that have their names: ``%(name)s``."""
    return _sentence(wording, "", 1, values)


def say_number(one: str, more: str, number: int, **values: Value) -> Sentence:
    """The sentence for *number* things; the number itself is ``%(num)s``."""
    return _sentence(one, more, number, {"num": number, **values})


def together(*sentences: str, between: str = " ") -> Sentence:
    """Sentences one after the other; empty ones are left out."""
    parts = {f"part{at}": each for at, each in enumerate(sentences) if each}
    return _sentence(between.join(f"%({name})s" for name in parts), "", 1, parts)


def week_time(moment: datetime) -> Sentence:
    """``Tue 3 Nov 11:40``, in the zone that *moment* has."""
    return _sentence("%(moment)s", "", 1, {"moment": WeekTime(moment)})


def duration(time: timedelta) -> Sentence:
    """``2 h 5 min``, ``2 h`` or ``5 min``; seconds are left out."""
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    if not hours:
        return say("%(minutes)s min", minutes=minutes)
    if not minutes:
        return say("%(hours)s h", hours=hours)
    return say("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)


def in_english(day: date) -> str:
    """``17 August 2026``."""
    return f"{day.day} {day:%B %Y}"


def _sentence(one: str, more: str, number: int, values: Mapping[str, Value]) -> Sentence:
    wording = one if number == 1 else more
    shown = {
        name: in_english(value) if isinstance(value, date) else value
        for name, value in values.items()
    }
    sentence = Sentence(wording % shown if values else wording)
    sentence.wording, sentence.plural, sentence.number = one, more, number
    sentence.values = values
    return sentence
