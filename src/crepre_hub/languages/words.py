"""Words that the lab keeps in English, in its database and in addresses, for the pages."""

from __future__ import annotations

from crepre_hub.languages.reading import told
from crepre_hub.sentences import Sentence, say

_WORDS: tuple[Sentence, ...] = (
    say("admin"),
    say("assistant"),
    say("running"),
    say("starting"),
    say("stopping"),
    say("student"),
    say("teacher"),
)
_BY_WORD = {str(word): word for word in _WORDS}


def word(kept: str) -> str:
    """The word *kept* in the reader's language; one that is not listed stays as it is."""
    return told(_BY_WORD.get(kept, kept))


def sentence_of(kept: str) -> str:
    """The same as a part of a sentence: a value for ``say``."""
    return _BY_WORD.get(kept, kept)
