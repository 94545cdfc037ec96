"""A roster's file on its way: read, shown, and applied as it was shown."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.columns import Field
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.giving import allowed_part
from crepre_hub.courses.keys import KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange
from crepre_hub.decisions import Refused
from crepre_hub.desk.rosters import Plan, RosterDesk
from crepre_hub.errors import Busy
from crepre_hub.sentences import say
from crepre_hub.sheets.problems import SheetError
from crepre_hub.sheets.roster import RosterSheet, headings_of, read_roster

LIFE = timedelta(minutes=30)
"""A file that nobody applies is forgotten then."""

KEPT = 16
"""So many files at once in the whole lab, of 4 MiB at most each; then the oldest is forgotten."""

GONE = Refused(
    "file-gone",
    say("This file is not here any more."),
    say("Choose it once more; the lab keeps a file for half an hour, and one for each person."),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    A file that somebody chose, and what they said of it.

    Attributes:
        by: User name.
        given: The roles that they may give.
        columns: Headings by field, as they said; empty text for no column.
    """

    course: Course
    by: str
    given: frozenset[Role]
    name: str
    data: bytes = field(repr=False)
    columns: Mapping[Field, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """
    A file as it was understood, and what it would change.

    Attributes:
        token: Names it on the way to the page and back.
        headings: Empty where it could not be read at all.
        sheet: None where something in it is wrong; *problem* then says what.
        left_out: What the list wants and the person may not do.
    """

    token: str
    read_at: datetime
    chosen: Chosen
    headings: tuple[str, ...] = ()
    sheet: RosterSheet | None = None
    plan: Plan | None = None
    left_out: tuple[Enrolment, ...] = ()
    problem: SheetError | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """The change has been written."""

    change: RosterChange


@dataclass(frozen=True, slots=True)
class Outdated:
    """Nothing was written: something has changed since; *file* is what it would be now."""

    file: RosterFile


class RosterFileDesk:
    """
    Keeps files between the page that shows them and the click that applies them.

    They are kept in memory: lists of people are nothing to leave on a disk. Methods may raise
    ``StoreUnreachable``, and be called in several threads at the same moment: nobody's file is
    lost by another's.
    """

    def __init__(self, rosters: RosterDesk, clock: Clock = utc_now) -> None:
        self._rosters = rosters
        self._clock = clock
        self._files: dict[str, RosterFile] = {}
        self._lock = threading.Lock()

    def read(self, chosen: Chosen) -> RosterFile:
        """Understand a file, and keep it in the place of whatever the person chose before."""
        file = self._understood(chosen, secrets.token_urlsafe(16))
        self._keep(file)
        return file

    def read_again(
        self, token: str, by: str, course: Course, columns: Mapping[Field, str]
    ) -> RosterFile | Refused:
        """Understand the same file by other *columns*."""
        file = self._file_or_none(token, by, course)
        return self.read(replace(file.chosen, columns=columns)) if file else GONE

    def apply(
        self, token: str, by: str, course: Course, given: frozenset[Role]
    ) -> Applied | Outdated | Refused:
        """Write what the page showed, all of it or nothing."""
        file = self._file_or_none(token, by, course)
        if file is None or file.plan is None:
            return GONE
        if (course, given) != (file.chosen.course, file.chosen.given):
            return Outdated(self.read(replace(file.chosen, course=course, given=given)))
        try:
            self._rosters.apply(file.plan)
        except Busy:
            return Outdated(self.read(file.chosen))
        with self._lock:
            self._files.pop(token, None)
        return Applied(file.plan.change)

    def _understood(self, chosen: Chosen, token: str) -> RosterFile:
        file = RosterFile(token, self._clock(), chosen)
        try:
            file = replace(file, headings=headings_of(chosen.data))
            sheet = read_roster(
                chosen.data,
                key_of=chosen.course.key_of,
                kind=KeyKind(chosen.course.members_by),
                columns=chosen.columns,
            )
        except SheetError as problem:
            return replace(file, problem=problem)
        plan = self._rosters.plan_sync(chosen.course, sheet.people)
        change, left_out = allowed_part(plan.change, chosen.given)
        return replace(
            file,
            headings=sheet.headings,
            sheet=sheet,
            plan=replace(plan, change=change),
            left_out=left_out,
        )

    def _keep(self, file: RosterFile) -> None:
        oldest = self._clock() - LIFE
        with self._lock:
            others = [
                each
                for each in self._files.values()
                if each.read_at > oldest and each.chosen.by != file.chosen.by
            ]
            self._files = {each.token: each for each in (*others[1 - KEPT :], file)}

    def _file_or_none(self, token: str, by: str, course: Course) -> RosterFile | None:
        file = self._files.get(token)
        is_theirs = file and file.chosen.by == by and file.chosen.course.id == course.id
        return file if file and is_theirs and file.read_at > self._clock() - LIFE else None
