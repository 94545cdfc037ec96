"""Who somebody is, in no provider's words: what a login leaves behind for the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class LtiLaunch:
    """
    What a learning platform says beside who somebody is (LTI 1.3).

    Attributes:
        context: The platform's own id of the course; empty for a launch from outside a course.
        title: The course's title there; for people to read, never to be compared.
        roles: In that context, in small letters: ``learner``, ``instructor``,
            ``teachingassistant`` and what else the vocabulary has. Roles at the institution or
            in the whole platform are not among them.
        deployment: Which installation of the tool in the platform was used.
    """

    context: str = ""
    title: str = ""
    roles: frozenset[str] = frozenset()
    deployment: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    One person at one login.

    True of each that reaches a rule: the provider has proven it, and ``(issuer, subject)`` is
    bound to ``name`` in this lab for good. Whoever is renamed at the provider keeps the name.

    Attributes:
        provider: The kind of login, in the words of ``lab.toml``: ``oidc``, ``lti``, ``accounts``.
        issuer: Who vouches; with *subject* it is unique in the world, and never changes.
        subject: The provider's own id of the person, as it is: not for people, not folded.
        name: The user name in this lab, in its normal form.
        email: Only if the provider says that it has verified it, in small letters; else None.
        display_name: As the person writes it; empty where it is not told.
        claims: What the provider says the person belongs to, each with what kind of thing it is
            before the first colon: ``group:fc:fs:emne``, ``affiliation:student@uio.no``,
            ``team:uio/ml-101``, ``organization:uio``. Compare whole strings.
        lti: What came with a launch from a learning platform; None with every other login.
    """

    provider: str
    issuer: str
    subject: str
    name: str
    email: str | None = None
    display_name: str = ""
    claims: frozenset[str] = field(default_factory=frozenset)
    lti: LtiLaunch | None = None

    @property
    def stable_id(self) -> str:
        """One string for ``(issuer, subject)``; two different pairs never give the same."""
        return f"{len(self.issuer)}:{self.issuer}|{self.subject}"


def claims_of(kind: str, values: Iterable[object]) -> frozenset[str]:
    """*values* as claims of one *kind*; what is not a text, or empty, is none."""
    texts = (value.strip() for value in values if isinstance(value, str))
    return frozenset(f"{kind}:{text}" for text in texts if text)


def display_name_of(text: object, *, longest: int = 120) -> str:
    """*text* on one line, without what cannot be printed; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    line = _SPACES.sub(" ", text[: 4 * longest]).strip()
    return "".join(letter for letter in line if letter.isprintable())[:longest]
