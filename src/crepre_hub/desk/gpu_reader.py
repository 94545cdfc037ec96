"""Who looks at the GPU desk, and what they may know of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from crepre_hub.sentences import say

ANOTHER = say("another course")
SOMEBODY = say("somebody")


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Who looks at the board.

    Attributes:
        name: Their user name; empty for the command line, which an admin types.
        staff_of: Courses whose people are shown by their names.
        knows: Courses that are shown by their titles, by id.
        names: What is shown of others than the reader and the staff's own people.
    """

    name: str
    is_admin: bool
    staff_of: Collection[str] = ()
    knows: Mapping[str, str] = field(default_factory=dict)
    names: Literal["initials", "full", "none"] = "initials"

    def who(self, person: str, course: str) -> str:
        """*person* as this reader may know them."""
        shown = self.is_admin or person == self.name or course in self.staff_of
        if shown or self.names == "full":
            return person
        return initials(person) if self.names == "initials" else SOMEBODY

    def course(self, course: str) -> str:
        """The title of *course*; nobody learns of one that is not theirs."""
        return self.knows.get(course) or (course if self.is_admin and course else ANOTHER)


def initials(name: str) -> str:
    """``A. L.`` for ``ada-lovelace`` and for ``ada.lovelace@example.org``."""
    parts = [part for part in re.split(r"[\W_]+", name.partition("@")[0]) if part]
    return " ".join(f"{part[0].upper()}." for part in parts) or "?"
