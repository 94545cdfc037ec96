"""What the page of join links may use, and how its form is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from crepre_hub.courses.links import JoinLink
from crepre_hub.decisions import Refused
from crepre_hub.hub.course_pages import Frame
from crepre_hub.sentences import say

MOST_DAYS = 366
MOST_SEATS = 10_000
LONGEST_SECTION = 80


@dataclass(frozen=True, slots=True)
class Made:
    """A link that was made just now; only this answer knows its code."""

    join_url: str
    code: str = field(repr=False)

    @property
    def url(self) -> str:
        """The whole link."""
        return f"{self.join_url}/{self.code}"


@dataclass(frozen=True, slots=True)
class JoinLinksPage:
    """For ``course_links.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    links: tuple[tuple[JoinLink, str], ...] = field(
        metadata={"help": "Each with the reason why it does not work; the newest first."}
    )
    sections: tuple[str, ...] = field(metadata={"help": "Those that the course has."})
    made: Made | None = field(default=None, metadata={"help": "The link made just now."})
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})


@dataclass(frozen=True, slots=True)
class LinkWish:
    """A link that somebody asks for."""

    days: int
    seats: int | None
    section: str


def wish_of(*, days: str, seats: str, section: str) -> LinkWish | Refused:
    """What the form asks for, or why it cannot be had."""
    if not _is_number(days, MOST_DAYS):
        return Refused("days", say("A link works for 1 to 366 days."), say("Write such a number."))
    if seats.strip() and not _is_number(seats, MOST_SEATS):
        return Refused(
            "seats",
            say("A link has 1 to 10000 seats, or any number."),
            say("Write one, or leave it empty."),
        )
    plain = section.strip()
    if len(plain) > LONGEST_SECTION or not plain.isprintable() or plain[:1] in tuple("=+@-"):
        return Refused(
            "section",
            say("This is not a section."),
            say("Write 80 letters or digits at most."),
        )
    return LinkWish(int(days), int(seats) if seats.strip() else None, plain)


def _is_number(text: str, most: int) -> bool:
    plain = text.strip()
    return plain.isascii() and plain.isdigit() and len(plain) < 10 and 1 <= int(plain) <= most
