"""What a teacher tells a course: a short text, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.decisions import Refused
from crepre_hub.sentences import say

LONGEST = 300
"""In characters; a running JupyterLab has room for little more."""

LIVES = tuple(timedelta(hours=hours) for hours in (1, 4, 24, 72, 168, 336))
"""How long one may be shown."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """
    One text of one course.

    Attributes:
        until: It is shown before this moment.
        by: User name of whoever wrote it.
    """

    id: str
    course: str
    text: str
    by: str
    created_at: datetime
    until: datetime


def plain_text(written: str) -> str | Refused:
    """*written* as it is kept, or why it cannot be."""
    lines = (" ".join(line.split()) for line in written.splitlines())
    text = "\n".join(line for line in lines if line)
    if not text:
        return Refused("no-text", say("There is no text."), say("Write what you want to say."))
    if len(text) > LONGEST:
        return Refused(
            "long-text",
            say(
                "The text has %(count)s characters, and %(most)s are the most.",
                count=len(text),
                most=LONGEST,
            ),
            say("Say it shorter, or put it into a file of the course."),
        )
    if not text.replace("\n", "").isprintable():
        return Refused(
            "odd-text", say("The text has a character that cannot be seen."), say("Type it anew.")
        )
    return text


def life_of(hours: str) -> timedelta | Refused:
    """One of ``LIVES``, as the form names it."""
    known = {str(int(life.total_seconds() // 3600)): life for life in LIVES}
    refusal = Refused("no-time", say("This is not a time."), say("Choose one of the list."))
    return known.get(hours, refusal)
