"""Words that the lab keeps in English, in its database and in addresses, for the pages."""

from __future__ import annotations

from datetime import timedelta

from crepre_hub.languages.reading import told
from crepre_hub.sentences import Sentence, duration, say

_WORDS: tuple[Sentence, ...] = (
    say("admin"),
    say("assistant"),
    say("failed"),
    say("invited"),
    say("missing"),
    say("running"),
    say("starting"),
    say("stopping"),
    say("student"),
    say("teacher"),
)
_BY_WORD = {str(word): word for word in _WORDS} | {"drained": say("out of service")}
"""What an admin calls drained is out of service to everybody else."""


def word(kept: str) -> str:
    """The word *kept* in the reader's language; one that is not listed stays as it is."""
    return told(_BY_WORD.get(kept, kept))


def span(time: timedelta) -> str:
    """Hours and minutes, as ``2 h 5 min``; seconds are left out."""
    return told(duration(time))
