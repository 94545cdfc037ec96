"""Codes that a person reads out, to be found again in a log."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789CFGHJMPQRVWX"
"""Digits and letters that are not taken for one another, and make no words."""


def new_code() -> str:
    """Six characters that a student can read out to a teacher."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(6))
