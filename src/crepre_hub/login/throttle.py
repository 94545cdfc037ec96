"""
How many wrong passwords are too many.

Guessing must be slow for whoever guesses and never keep an owner out for long, least of all
because somebody else wants it so. Four limits, all in one moving window of ten minutes:

*device*
    A browser that has logged in to the account before carries a signed proof of it. Its
    attempts count against this limit alone: nobody else can use it up.
*pair*
    Attempts on one account from one source.
*account*
    Attempts on one account from everywhere, against guessing from many addresses.
*source*
    Attempts from one source on all accounts. Generous: a whole class shares one address.

Attempts that were turned away do not count, so waiting always ends within the window.
A lab-wide idea of "locked" does not exist. The device proof follows
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from crepre_hub.sentences import Sentence, say_number
from crepre_hub.store.attempts import Attempt

WINDOW = timedelta(minutes=10)

PER_DEVICE = 10
PER_PAIR = 10
PER_ACCOUNT = 60
PER_SOURCE = 200


def seconds_to_wait(attempt: Attempt, earlier: Iterable[Attempt]) -> int:
    """
    How long *attempt* must wait; 0 lets it through.

    Args:
        attempt: Who tries, from where, now.
        earlier: Attempts that were let through and did not succeed, or are not yet decided.
    """
    recent = sorted(
        (other for other in earlier if other.at > attempt.at - WINDOW), key=lambda each: each.at
    )
    return max(
        _wait(moments, limit, now=attempt.at) for moments, limit in _counted(attempt, recent)
    )


def _counted(
    attempt: Attempt, recent: Sequence[Attempt]
) -> Sequence[tuple[Sequence[datetime], int]]:
    """Which earlier moments count against which limit."""
    if attempt.device_key is not None:
        same_device = [other.at for other in recent if other.device_key == attempt.device_key]
        return [(same_device, PER_DEVICE)]
    strangers = [other for other in recent if other.device_key is None]
    on_account = [other for other in strangers if other.account_key == attempt.account_key]
    from_source = [other.at for other in strangers if other.source_key == attempt.source_key]
    pair = [other.at for other in on_account if other.source_key == attempt.source_key]
    return [
        (pair, PER_PAIR),
        ([other.at for other in on_account], PER_ACCOUNT),
        (from_source, PER_SOURCE),
    ]


def _wait(moments: Sequence[datetime], limit: int, *, now: datetime) -> int:
    """Seconds until fewer than *limit* of *moments* (oldest first) are in the window."""
    if len(moments) < limit:
        return 0
    return max(1, math.ceil((moments[-limit] + WINDOW - now).total_seconds()))


def account_key(typed_name: str) -> str:
    """A digest of a normal name, or of whatever else was typed in its place."""
    return _digest("account", typed_name[:256])


def device_key(proof: str) -> str:
    """A digest of a device's proof."""
    return _digest("device", proof)


def source_key(address: str) -> str:
    """A digest of an address; of the /64 it is in for IPv6, which is what one line is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return _digest("source", "unknown")
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return _digest("source", str(parsed.ipv4_mapped))
        return _digest("source", f"{int(parsed) >> 64:x}/64")
    return _digest("source", str(parsed))


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "replace")).hexdigest()


def in_words(seconds: int) -> Sentence:
    """``1 minute``, ``4 minutes``: rounded up, since it is told to people."""
    minutes = math.ceil(seconds / 60)
    return say_number("%(num)s minute", "%(num)s minutes", max(1, minutes))
