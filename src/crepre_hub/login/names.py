"""
The one form that a user name has.

A name is put into this form once, at the door, and everything behind it (the account, the
hub's user, the home) knows only this form. So ``Alice`` and ``alice `` are ``alice``, and no
look-alike letter makes a second account or opens somebody else's
(https://github.com/advisories/GHSA-5xvc-vgmp-jgc3).
"""

from __future__ import annotations

import re

from crepre_hub.decisions import Refused
from crepre_hub.sentences import say

LONGEST_NAME = 64
"""In characters, as in the table of accounts."""

_SHAPE = re.compile(r"[a-z][a-z0-9._-]{0,63}")

BAD_NAME = Refused(
    "bad-name",
    say("This user name cannot be used."),
    remedy=say(
        "A user name begins with a letter from a to z and goes on with such letters, digits, "
        "dots, hyphens or underscores; it has at most 64 characters."
    ),
)


def normal_name(typed: str) -> str | Refused:
    """
    The normal form of what somebody typed.

    Spaces around it are dropped and ASCII capitals made small. ASCII is its own NFC and NFKC
    form, and anything outside ASCII is refused before it is lowered: Unicode would turn the
    Kelvin sign into a ``k``.
    """
    if len(typed) > 4 * LONGEST_NAME:  # never work through megabytes
        return BAD_NAME
    name = typed.strip(" \t\r\n")
    if not name.isascii():
        return BAD_NAME
    name = name.lower()
    return name if _SHAPE.fullmatch(name) else BAD_NAME


_PROVIDED = re.compile(r"[a-z0-9][a-z0-9._-]*(@[a-z0-9-]+(\.[a-z0-9-]+)+)?")


def provided_name(told: str, *, prefix: str = "", domain: str = "") -> str | Refused:
    """
    The normal form of a name that a provider tells.

    As above, but it may begin with a digit, and may be an address, such as ``ola@uio.no``.
    No account with a password can be called by a name with an ``@``.

    Args:
        prefix: What the name begins with here.
        domain: Left out behind the ``@`` where the name has just this one.
    """
    if len(told) > 4 * LONGEST_NAME:
        return BAD_NAME
    name = told.strip(" \t\r\n")
    if not name.isascii():
        return BAD_NAME
    name = name.lower()
    if domain:
        name = name.removesuffix(f"@{domain}")
    name = prefix + name
    return name if _PROVIDED.fullmatch(name) and len(name) <= LONGEST_NAME else BAD_NAME
