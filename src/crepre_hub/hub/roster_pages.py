"""What the page of a roster's file may use, and how a change looks there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from crepre_hub.courses.columns import Field, guess_columns
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.desk.roster_file import RosterFile
from crepre_hub.hub.course_pages import Frame
from crepre_hub.sentences import say
from crepre_hub.sheets.problems import SheetProblem

SHOWN = 500
"""So many people of a kind at most; the rest is counted."""

COLUMNS = (Field.ROLE, Field.SECTION, Field.FULL_NAME, Field.FIRST_NAME, Field.LAST_NAME)
"""Beside the one that tells who somebody is."""

FEW = 5
"""A list that ends more places than this, and more than half, is probably another course's."""

_DONE = re.compile(r"(\d{1,6})-(\d{1,6})-(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Column:
    """One field, and the heading that it is taken from; empty for none."""

    field: Field
    chosen: str


@dataclass(frozen=True, slots=True)
class Person:
    """One line of a change; *before* is only of those who change."""

    who: str
    name: str
    role: str
    section: str
    before: str = ""
    home_until: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Everybody to whom the same happens."""

    kind: str
    people: tuple[Person, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it was understood, and what it would do."""

    token: str
    file_name: str
    headings: tuple[str, ...]
    columns: tuple[Column, ...]
    read_as: str
    problems: tuple[SheetProblem, ...]
    remedy: str
    groups: tuple[Group, ...]
    same: int
    passed_over: tuple[SheetProblem, ...]
    left_out: tuple[Person, ...]
    is_strange: bool
    changes: int


@dataclass(frozen=True, slots=True)
class RosterPage:
    """For ``course_roster.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    told_by: str = field(metadata={"help": "What lists hold: name, email or id."})
    preview: Preview | None = field(default=None, metadata={"help": "None before a file."})
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})


def counted(done: str) -> str:
    """What *done*, three numbers, says in a sentence; empty where it is none."""
    found = _DONE.fullmatch(done)
    if found is None:
        return ""
    join, change, leave = map(int, found.groups())
    return say(
        "The list counts now: %(join)s joined, %(change)s changed, %(leave)s left.",
        join=join,
        change=change,
        leave=leave,
    )


def preview_of(file: RosterFile) -> Preview:
    """How *file* is shown."""
    change = file.plan.change if file.plan else None
    groups = (
        _group("join", map(_person, change.join) if change else ()),
        _group("leave", map(_person, change.leave) if change else ()),
        _group("change", (_changed(*pair) for pair in change.change) if change else ()),
    )
    left = groups[1].count
    return Preview(
        token=file.token,
        file_name=file.chosen.name[:120],
        headings=tuple(dict.fromkeys(filter(None, file.headings))),
        columns=tuple(_columns(file)),
        read_as=file.sheet.encoding if file.sheet else "",
        problems=file.problem.problems[:SHOWN] if file.problem else (),
        remedy=file.problem.remedy if file.problem and not file.headings else "",
        groups=groups,
        same=change.same if change else 0,
        passed_over=file.sheet.passed_over if file.sheet else (),
        left_out=tuple(map(_person, file.left_out)),
        is_strange=change is not None and left > FEW and left > change.same + groups[2].count,
        changes=sum(group.count for group in groups),
    )


def _columns(file: RosterFile) -> Iterable[Column]:
    guessed = {each: file.headings[at] for each, at in guess_columns(file.headings).items()}
    taken = file.sheet.columns if file.sheet else {**guessed, **file.chosen.columns}
    for each in (Field(file.chosen.course.members_by), *COLUMNS):
        yield Column(each, taken.get(each, ""))


def _group(kind: str, people: Iterable[Person]) -> Group:
    everybody = tuple(people)
    return Group(kind, everybody[:SHOWN], len(everybody))


def _person(each: Enrolment) -> Person:
    until = each.keep_home_until
    home = f"{until.astimezone():%Y-%m-%d}" if until and each.until else ""
    return Person(str(each.key), each.display_name, each.role, each.section, home_until=home)


def _changed(before: Enrolment, after: Enrolment) -> Person:
    fields = ("display_name", "role", "section")
    pairs = [(str(getattr(before, name)), str(getattr(after, name))) for name in fields]
    told = ", ".join(f"{old or '-'} → {new or '-'}" for old, new in pairs if old != new)
    return Person(str(after.key), after.display_name, after.role, after.section, before=told)
