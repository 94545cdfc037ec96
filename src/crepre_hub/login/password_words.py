"""What zxcvbn says of weak passwords, so that it can be said in the reader's language."""

from __future__ import annotations

from crepre_hub.sentences import Sentence, say

_WARNINGS: tuple[Sentence, ...] = (
    say("Straight rows of keys are easy to guess."),
    say("Short keyboard patterns are easy to guess."),
    say('Repeats like "aaa" are easy to guess.'),
    say('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    say('Sequences like "abc" or "6543" are easy to guess.'),
    say("Recent years are easy to guess."),
    say("Dates are often easy to guess."),
    say("This is a top-10 common password."),
    say("This is a top-100 common password."),
    say("This is a very common password."),
    say("This is similar to a commonly used password."),
    say("A word by itself is easy to guess."),
    say("Names and surnames by themselves are easy to guess."),
    say("Common names and surnames are easy to guess."),
)

_SUGGESTIONS: tuple[Sentence, ...] = (
    say("Use a few words, avoid common phrases."),
    say("No need for symbols, digits, or uppercase letters."),
    say("Add another word or two. Uncommon words are better."),
    say("Use a longer keyboard pattern with more turns."),
    say("Avoid repeated words and characters."),
    say("Avoid sequences."),
    say("Avoid recent years."),
    say("Avoid years that are associated with you."),
    say("Avoid dates and years that are associated with you."),
    say("Capitalization doesn't help very much."),
    say("All-uppercase is almost as easy to guess as all-lowercase."),
    say("Reversed words aren't much harder to guess."),
    say("Predictable substitutions like '@' instead of 'a' don't help very much."),
)

_KNOWN = {str(each): each for each in (*_WARNINGS, *_SUGGESTIONS)}


def sentence_for(words: str) -> str:
    """What zxcvbn said; as it is, in English, where a newer one says something else."""
    return _KNOWN.get(words, words)
