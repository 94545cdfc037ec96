"""What somebody is in a course."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Role(enum.StrEnum):
    """What somebody is in a course, most rights first."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    STUDENT = "student"


STAFF = frozenset({Role.TEACHER, Role.ASSISTANT})

_ORDER = tuple(Role)


def most_rights(roles: Iterable[Role]) -> Role | None:
    """The role among *roles* with the most rights; None where there is none."""
    return min(roles, key=_ORDER.index, default=None)
