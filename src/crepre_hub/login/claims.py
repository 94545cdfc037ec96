"""
What all ways in have in common on the way from claims to an identity. Pure.

A claim is whatever the provider sends, so nothing is believed before it was looked at: a text may
be a number, a list may be a text, and "verified" may be the word "false".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crepre_hub.courses.identity import Identity, LtiLaunch, display_name_of
from crepre_hub.decisions import Refused
from crepre_hub.login.names import provided_name
from crepre_hub.sentences import say

Claims = Mapping[str, object]

LONGEST_SUBJECT = 255
"""Source: https://openid.net/specs/openid-connect-core-1_0.html#IDToken"""

LONGEST_EMAIL = 254

ASK = say("Ask your teacher or the lab's admin.")


@dataclass(frozen=True, slots=True)
class Naming:
    """
    How the people of one way in are called.

    Attributes:
        provider: The word in ``lab.toml``.
        label: The provider's name, for people.
        prefix: What the names begin with here.
        domain: Left out behind the ``@`` of a name.
    """

    provider: str
    label: str
    prefix: str = ""
    domain: str = ""


def refused(reason: str, naming: Naming, wording: str) -> Refused:
    """A refusal that names the provider in place of ``%(provider)s``."""
    return Refused(reason, say(wording, provider=naming.label), remedy=ASK)


def identity_of(
    naming: Naming,
    *,
    issuer: str,
    subject: object,
    name: object,
    email: str | None = None,
    display_name: object = "",
    claims: frozenset[str] = frozenset(),
    lti: LtiLaunch | None = None,
) -> Identity | Refused:
    """Put together what a provider told; refuse where the id or the name cannot be used."""
    if not is_stable_id(subject):
        return refused("no-subject", naming, "%(provider)s did not say who you are.")
    if not isinstance(name, str) or not name.strip():
        return refused("no-name", naming, "%(provider)s did not tell your user name.")
    normal = provided_name(name, prefix=naming.prefix, domain=naming.domain)
    if isinstance(normal, Refused):
        return refused("bad-name", naming, "Your user name at %(provider)s cannot be used here.")
    return Identity(
        provider=naming.provider,
        issuer=issuer,
        subject=str(subject),
        name=normal,
        email=email,
        display_name=display_name_of(display_name),
        claims=claims,
        lti=lti,
    )


def is_stable_id(subject: object) -> bool:
    """Whether *subject* is a text that can be kept and compared as it is."""
    return (
        isinstance(subject, str)
        and 0 < len(subject) <= LONGEST_SUBJECT
        and subject.isprintable()
        and subject == subject.strip()
    )


def email_if(verified: object, email: object) -> str | None:
    """*email* in small letters; None unless *verified* is true itself, no word for it."""
    if verified is not True or not isinstance(email, str) or not email.isascii():
        return None
    mail = email.strip().lower()
    local, _, domain = mail.partition("@")
    is_one = bool(local) and "." in domain and not set(" @") & set(domain) and " " not in local
    return mail if is_one and mail.isprintable() and len(mail) <= LONGEST_EMAIL else None


def texts(value: object) -> tuple[str, ...]:
    """The texts in *value*: itself, or those in a list; nothing else."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(each for each in value if isinstance(each, str))
    return ()


def table(value: object) -> Claims:
    """*value* if it is a table, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def number_as_id(value: object) -> str | None:
    """A whole number as providers count people; None for everything else, true included."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    return str(value)
