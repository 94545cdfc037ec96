"""
Who is reading, and in which language.

The hub answers many requests on one event loop. Each is a task with a context of its own, so what
is noted here when a request comes in is seen by all that is done for it, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from crepre_hub.languages.catalogues import ENGLISH, languages, tell

COOKIE = "crepre-language"

LONGEST_HEADER = 500
"""In characters; what comes behind is not looked at."""

NEXT_BEST = {"no": "nb", "nn": "nb", "da": "nb", "sv": "nb"}
"""Who reads the first is better served with the second than with English."""


@dataclass(frozen=True, slots=True)
class Reading:
    """
    A page that somebody reads.

    Attributes:
        language: One of ``languages()``.
        address: Path and query of the page; empty where it cannot be asked for again.
    """

    language: str = ENGLISH
    address: str = ""


NOBODY = Reading()

_reading: ContextVar[Reading] = ContextVar("crepre_reading", default=NOBODY)


def reading() -> Reading:
    """Who reads what is made at this moment; English where nobody does."""
    return _reading.get()


def begin(now: Reading) -> None:
    """From here on, in this task, it is *now* that is read."""
    _reading.set(now)


def told(text: str) -> str:
    """*text* in the language of whoever reads it."""
    return tell(text, reading().language)


def choose_language(chosen: str, accepted: str) -> str:
    """
    The language for somebody.

    Args:
        chosen: What they chose here once; empty, or anything at all, since a browser sends it.
        accepted: The browser's ``Accept-Language``, best first or with weights (RFC 9110, 12.5.4).
    """
    if chosen in languages():
        return chosen
    known = (_known(tag) for tag in _by_weight(accepted[:LONGEST_HEADER]))
    return next((language for language in known if language), ENGLISH)


def _known(tag: str) -> str:
    language = tag.partition("-")[0].lower()
    found = (each for each in (language, NEXT_BEST.get(language, "")) if each in languages())
    return next(found, "")


def _by_weight(header: str) -> Iterable[str]:
    weighted: list[tuple[float, int, str]] = []
    for entry in header.split(","):
        tag, _, rest = entry.strip().partition(";")
        weight = _weight(rest.strip())
        if tag and weight > 0:
            weighted.append((-weight, len(weighted), tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]


def _weight(text: str) -> float:
    if not text:
        return 1.0
    try:
        return float(text.removeprefix("q=")) if text.startswith("q=") else 0.0
    except ValueError:
        return 0.0
