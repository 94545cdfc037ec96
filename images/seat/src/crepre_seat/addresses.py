"""
Whether something is a web address, as JSON schemas ask.

The package that knows all of RFC 3986 compiles two patterns of 200 lines when it is loaded: a
twentieth of a server's start, for the names of Jupyter's own schemas, which are plain addresses.

Source: https://www.rfc-editor.org/rfc/rfc3986#appendix-A
"""

from __future__ import annotations

import re

from crepre_seat.later import loaded

PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(/[A-Za-z0-9._~-]*)*")
"""Addresses that need no further look: nothing in them is escaped, asked for or pointed at."""


def validate_rfc3986(url: str, rule: str = "URI") -> object:
    """True or a match for an address, None for what is none; see ``rfc3986_validator``."""
    if PLAIN.fullmatch(url):
        return True
    return loaded("rfc3986_validator").validate_rfc3986(url, rule=rule)
