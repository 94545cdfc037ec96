"""How the forms of the course page are read: whom to show, add and remove."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.desk.course_page import MemberRow
from crepre_hub.errors import CourseError
from crepre_hub.sentences import say

MOST_AT_ONCE = 50
LONGEST_SECTION = 80

WRITE = {
    KeyKind.NAME: say("Write user names."),
    KeyKind.EMAIL: say("Write e-mail addresses."),
    KeyKind.ID: say("Write ids, as the login knows them."),
}

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """Whom to show: a section, and a part of a name; empty text for everybody."""

    section: str = ""
    text: str = ""

    def shows(self, row: MemberRow) -> bool:
        """Whether *row* is to be seen."""
        names = f"{row.label} {row.user_name}".casefold()
        return self.section in ("", row.section) and self.text.strip().casefold() in names

    def as_query(self) -> Mapping[str, str]:
        """For the address of the page that shows the same people."""
        fields = {"section": self.section, "text": self.text}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Wish:
    """People who are to be added, and as what."""

    keys: tuple[Key, ...]
    role: Role
    section: str


@dataclass(frozen=True, slots=True)
class Removal:
    """
    Somebody who is about to be removed, for the question before it.

    Attributes:
        comes_back: Whether a later roster or login may bring the person back.
    """

    row: MemberRow
    comes_back: bool


def wish_of(course: Course, *, who: str, role: str, section: str) -> Wish:
    """
    What the form asks for.

    Raises:
        CourseError: If it cannot be had; nobody is added then.
    """
    if role not in set(Role):
        raise CourseError(say("This is not a role."), remedy=say("Choose one of the list."))
    plain = section.strip()
    if len(plain) > LONGEST_SECTION or not plain.isprintable() or plain[:1] in tuple("=+@-"):
        raise CourseError(
            say("This is not a section."), remedy=say("Write 80 letters or digits at most.")
        )
    return Wish(people_in(course, who), Role(role), plain)


def people_in(course: Course, who: str) -> tuple[Key, ...]:
    """The people in *who*, as the course's lists write them; with blanks or commas between."""
    words = tuple(dict.fromkeys(word for word in _BETWEEN.split(who) if word))
    if not words:
        raise CourseError(say("Nobody was named."), remedy=say("Write whom to add."))
    if len(words) > MOST_AT_ONCE:
        text = say("These are more than %(most)s people.", most=MOST_AT_ONCE)
        raise CourseError(text, remedy=say("Bring them as a roster's file."))
    return tuple(_key(course, word) for word in words)


def _key(course: Course, word: str) -> Key:
    try:
        return course.key_of(word)
    except ValueError as error:
        text = say("%(who)s cannot be added: %(why)s.", who=word[:40], why=error.args[0])
        raise CourseError(text, remedy=WRITE[KeyKind(course.members_by)]) from None


def key_in(written: str) -> Key:
    """
    The key that the page wrote into a form, as ``kind:text``.

    Raises:
        CourseError: If it is none.
    """
    kind, _, text = written.partition(":")
    if kind not in set(KeyKind) or not text:
        raise CourseError(
            say("This is nobody of the course."), remedy=say("Look at the page again.")
        )
    return Key(KeyKind(kind), text)


def may_remove(row: MemberRow, given: Collection[Role]) -> bool:
    """Whether somebody who may give and take *given* can remove the person of *row*."""
    return bool(row.origins) and Origin.FILE not in row.origins and row.role in given


def removal_of(rows: Iterable[MemberRow], written: str, given: Collection[Role]) -> Removal | None:
    """The question about whoever is *written* into the address; None where there is none."""
    for row in rows:
        if written == f"{row.key.kind}:{row.key.text}" and may_remove(row, given):
            return Removal(row, bool(row.origins & {Origin.ROSTER, Origin.RULE}))
    return None
