"""
Names that outlive a process: containers, volumes, networks.

Each is injective: two different (lab, user, server) never get one name (CVE-2020-15110 is what
happens otherwise), whatever characters a user name holds. ``tests/unit/test_names.py`` holds the
literal values, because people keep volumes by these names.
"""

from __future__ import annotations

import hashlib
import hmac
import string

import escapism

_SAFE = set(string.ascii_lowercase + string.digits)
_LONGEST = 63
"""Docker takes more, but host names, which follow container names, end here."""


def _escaped(text: str) -> str:
    """
    *text* in ``a-z``, ``0-9`` and ``-``, two different texts never alike.

    A name that would be too long keeps its beginning and gets a digest of the whole; its ``--``
    cannot come from escaping, which puts two hexadecimal digits behind each ``-``.
    """
    name = str(escapism.escape(text, safe=_SAFE, escape_char="-")).lower()
    if len(name) <= _LONGEST - 24:
        return name
    return f"{name[:16]}--{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def seat_name(lab: str, user: str, server: str, *, key: bytes) -> str:
    """
    The container of *user*'s server; *server* is empty for the default one.

    It says nothing about whose it is: Docker's resolver tells every seat the names of the others,
    so it is a digest under *key*, the lab's own. The labels tell an admin whose it is.
    """
    digest = hmac.digest(key, f"{user}\0{server}".encode(), "sha256").hex()
    return f"{lab}-seat-{digest[:20]}"


def home_volume(lab: str, user: str) -> str:
    """The volume that holds *user*'s home; one for all of a person's servers."""
    return f"{lab}-home-{_escaped(user)}"


def archive_stem(user: str, moment: str) -> str:
    """The name of the file with *user*'s home as it was at *moment*, without its suffix."""
    return f"{_escaped(user)}-{moment}"


def course_volume(lab: str, course: str, folder: str) -> str:
    """The volume that holds *folder* of *course*; neither a lab's id nor *folder* has a hyphen."""
    return f"{lab}-{folder}-{course}"


def own_repository(lab: str, course: str, image: str) -> str:
    """
    Docker's name for the builds of a course's own image on top of *image*.

    A part of such a name must not end in a hyphen, as a course's id may; ``_`` is in no id.
    Source: https://pkg.go.dev/github.com/distribution/reference#pkg-overview
    """
    plain = course.rstrip("-")
    hyphens = len(course) - len(plain)
    part = f"{plain}__{hyphens}" if hyphens else plain
    return f"crepre/{lab}/{part}/{image}"
