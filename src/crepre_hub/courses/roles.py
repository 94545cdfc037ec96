"""What somebody is in a course."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from crepre_hub.sentences import Sentence, say


class Role(enum.StrEnum):
    """What somebody is in a course, most rights first."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    STUDENT = "student"

    @property
    def word(self) -> Sentence:
        """For people."""
        return _WORDS[self]


_WORDS = {
    Role.TEACHER: say("teacher"),
    Role.ASSISTANT: say("assistant"),
    Role.STUDENT: say("student"),
}


STAFF = frozenset({Role.TEACHER, Role.ASSISTANT})

_ORDER = tuple(Role)


def most_rights(roles: Iterable[Role]) -> Role | None:
    """The role among *roles* with the most rights; None where there is none."""
    return min(roles, key=_ORDER.index, default=None)
