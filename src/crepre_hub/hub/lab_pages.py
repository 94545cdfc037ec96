"""What the pages for admins of the lab may use; nothing else of ours reaches their templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crepre_hub.courses.roles import Role
from crepre_hub.desk.lab_overview import Courses, PersonRow
from crepre_hub.findings import Finding
from crepre_hub.hub.recent import Happening
from crepre_hub.sentences import Sentence
from crepre_hub.store.directory import Only


@dataclass(frozen=True, slots=True)
class LabCoursesPage:
    """For ``lab_courses.html``."""

    tab: str = field(default="courses", metadata={"help": "Which of the tabs this is."})
    courses: Courses = field(default=Courses((), ()), metadata={"help": "In their files' order."})
    roles: tuple[Role, ...] = field(default=tuple(Role), metadata={"help": "Most rights first."})
    as_of: datetime | None = field(default=None, metadata={"help": "When this was true (UTC)."})


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """
    Somebody with what the hub knows of them.

    Attributes:
        state: ``running``, ``starting``, ``stopping`` or empty.
        last_seen: None where the hub has never seen them.
        commands: What an admin may type about them, the most harmless first.
    """

    row: PersonRow
    state: str
    last_seen: datetime | None
    server_url: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabPeoplePage:
    """For ``lab_people.html``."""

    people: tuple[SeenPerson, ...] = field(metadata={"help": "Of this page, by name."})
    total: int = field(metadata={"help": "How many were found on all pages."})
    number: int = field(metadata={"help": "Of this page, from 1 on."})
    pages: int = field(metadata={"help": "How many there are."})
    text: str = field(metadata={"help": "What was looked for; may be empty."})
    only: Only = field(metadata={"help": "Which people were wanted."})
    as_of: datetime = field(metadata={"help": "When this was true (UTC)."})
    tab: str = field(default="people", metadata={"help": "Which of the tabs this is."})
    choices: tuple[Only, ...] = field(default=tuple(Only), metadata={"help": "For ``only``."})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of the doctor's, with the check that made it."""

    check: str
    title: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class NotReserved:
    """GPUs that a course's file wants to have kept, and why they are not."""

    course: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class LabProblemsPage:
    """For ``lab_problems.html``."""

    findings: tuple[Told, ...] = field(metadata={"help": "Errors first; nothing that is well."})
    well: int = field(metadata={"help": "How many checks found nothing wrong."})
    as_of: datetime | None = field(metadata={"help": "When it was looked (UTC); None: not yet."})
    is_under_way: bool = field(metadata={"help": "Whether a newer report is being made."})
    lately: tuple[Happening, ...] = field(metadata={"help": "Failed starts, lost servers."})
    unkept: tuple[NotReserved, ...] = field(metadata={"help": "Asked for in courses' files."})
    tab: str = field(default="problems", metadata={"help": "Which of the tabs this is."})
