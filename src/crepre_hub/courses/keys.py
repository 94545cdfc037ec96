"""
By what a person is found in a list: user name, verified e-mail, or the provider's own id.

A list and a login meet only if kind and text are the same. What a list says is trusted and put
into its one form; what a login says is compared as the login proved it, and never folded further:
look-alike letters must not open somebody else's place.
"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from crepre_hub.sentences import say

LONGEST_KEY = 255
"""In characters, as in the tables."""


class KeyKind(enum.StrEnum):
    """What a key is."""

    NAME = "name"
    EMAIL = "email"
    ID = "id"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One way to find a person."""

    kind: KeyKind
    text: str

    def __str__(self) -> str:
        return self.text.rpartition("|")[2] if self.kind is KeyKind.ID else self.text


def normal_name(name: str) -> str:
    """A user name as the login knows it: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().lower()


PersonName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(normal_name)]
"""A user name in a file of settings."""


def listed_key(kind: KeyKind, text: str, *, issuer: str = "") -> Key:
    """
    The key that somebody wrote into a list.

    Args:
        kind: What the list holds.
        text: As it was written.
        issuer: Who gave the ids, for ``KeyKind.ID``.

    Raises:
        ValueError: With what is wrong with *text*.
    """
    plain = _plain(text)
    match kind:
        case KeyKind.EMAIL:
            return Key(kind, _email(plain))
        case KeyKind.ID:
            return id_key(issuer, plain)
        case KeyKind.NAME:
            return Key(kind, normal_name(plain))


def id_key(issuer: str, subject: str) -> Key:
    """The key of a provider's own id; the same as ``Identity.stable_id``."""
    return Key(KeyKind.ID, f"{len(issuer)}:{issuer}|{subject}")


def _plain(text: str) -> str:
    """*text* without blanks around it; ValueError where it is none that a person can have."""
    plain = text.strip()
    if not plain:
        raise ValueError(say("is empty"))
    if len(plain) > LONGEST_KEY:
        raise ValueError(say("is longer than %(most)s characters", most=LONGEST_KEY))
    if plain[0] in "=+-@":
        raise ValueError(say("%(what)s is a formula", what=repr(plain[:40])))
    if not plain.isprintable() or " " in plain:
        wording = say(
            "%(what)s has a blank or a character that cannot be seen", what=repr(plain[:40])
        )
        raise ValueError(wording)
    return plain


def _email(plain: str) -> str:
    name, at, host = plain.rpartition("@")
    if not (at and name and "." in host) or not plain.isascii():
        raise ValueError(say("%(what)s is not an e-mail address", what=repr(plain[:40])))
    return plain.lower()
