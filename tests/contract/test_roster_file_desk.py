"""A file that is looked at before it counts: what was shown is what is applied, or nothing is."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from crepre_hub.courses.columns import Field
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Refused
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.roster_file import (
    KEPT,
    LIFE,
    Applied,
    Chosen,
    Outdated,
    RosterFile,
    RosterFileDesk,
)
from crepre_hub.hub.roster_pages import preview_of
from tests.hand_clock import HandClock

TEACHERS = frozenset({Role.ASSISTANT, Role.STUDENT})
LIST = b"Login;Group;Role\nada;1;student\nbo;2;assistant\n"


def read(desks: CourseDesks, data: bytes = LIST, by: str = "tea") -> RosterFile:
    course = desks.rosters.course("by-name")
    return desks.roster_files.read(Chosen(course, by, TEACHERS, "list.csv", data))


def apply(
    desks: CourseDesks,
    file: RosterFile,
    by: str = "tea",
    given: frozenset[Role] = TEACHERS,
) -> Applied | Outdated | Refused:
    return desks.roster_files.apply(file.token, by, desks.rosters.course("by-name"), given)


def roster(desks: CourseDesks) -> dict[str, Role]:
    course = desks.rosters.course("by-name")
    return {str(each.key): each.role for each in desks.rosters.enrolments(course)}


def test_what_was_shown_is_applied_once(desks: CourseDesks) -> None:
    """The change itself; the file is gone then."""
    file = read(desks)
    assert roster(desks) == {"tea": Role.TEACHER}
    assert file.plan is not None
    assert apply(desks, file) == Applied(file.plan.change)
    assert roster(desks) == {"tea": Role.TEACHER, "ada": Role.STUDENT, "bo": Role.ASSISTANT}
    assert isinstance(apply(desks, file), Refused)


def test_homes_are_kept_until_a_day_of_the_labs(
    desks: CourseDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the preview tells is the day that it is in the lab then, as the command line says it."""
    apply(desks, read(desks))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # 14 hours before UTC
    time.tzset()
    try:
        preview = preview_of(read(desks, b"login\nada\n"))
    finally:
        monkeypatch.undo()
        time.tzset()
    (leave,) = (group for group in preview.groups if group.kind == "leave")
    assert [(each.who, each.home_until) for each in leave.people] == [("bo", "2026-12-01")]


def test_what_has_changed_since_is_shown_again(desks: CourseDesks) -> None:
    """Nothing is written; the file is read against the course as it is now."""
    file, other = read(desks), read(desks, b"login\ncy\n", by="tim")
    apply(desks, other, by="tim")
    answer = apply(desks, file)
    assert isinstance(answer, Outdated)
    assert "ada" not in roster(desks)
    assert answer.file.plan is not None
    assert [str(each.key) for each in answer.file.plan.change.leave] == ["cy"]
    assert isinstance(apply(desks, answer.file), Applied)
    assert roster(desks).keys() == {"tea", "ada", "bo"}


def test_somebody_who_lost_a_right_cannot_use_what_they_were_shown(
    desks: CourseDesks,
) -> None:
    """The file is read anew by what they may now."""
    answer = apply(desks, read(desks), given=frozenset({Role.STUDENT}))
    assert isinstance(answer, Outdated)
    assert [str(each.key) for each in answer.file.left_out] == ["bo"]
    assert roster(desks).keys() == {"tea"}


def test_a_teacher_in_the_list_is_left_out_and_told(desks: CourseDesks) -> None:
    """Also the one who brought it: a role that an admin gave does not become a lasting one."""
    file = read(desks, b"login;role\ntea;teacher\neve;teacher\nada;student\n")
    assert [str(each.key) for each in file.left_out] == ["tea", "eve"]
    apply(desks, file)
    assert roster(desks) == {"tea": Role.TEACHER, "ada": Role.STUDENT}


def test_columns_can_be_said(desks: CourseDesks) -> None:
    """A file whose column of people is not guessed is kept, and read again by what is said."""
    file = read(desks, b"Who;Section\nada;1\n")
    assert file.plan is None
    assert file.headings == ("Who", "Section")
    course = desks.rosters.course("by-name")
    said = {Field.NAME: "Who", Field.SECTION: ""}
    again = desks.roster_files.read_again(file.token, "tea", course, said)
    assert isinstance(again, RosterFile)
    assert isinstance(apply(desks, again), Applied)
    assert roster(desks).keys() == {"tea", "ada"}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"login\n=cmd\n", b"login\n" + b"x" * 2**23])
def test_a_file_that_cannot_be_used_changes_nothing(
    desks: CourseDesks,
    data: bytes,
) -> None:
    """Its problems are kept with it, and there is nothing to apply."""
    file = read(desks, data)
    assert file.problem is not None
    assert isinstance(apply(desks, file), Refused)


def test_a_file_is_its_owners_and_its_courses(desks: CourseDesks) -> None:
    """Neither a colleague nor another course's page applies it, whoever knows its name."""
    file = read(desks)
    assert isinstance(apply(desks, file, by="tim"), Refused)
    other = desks.rosters.course("by-rule")
    assert isinstance(desks.roster_files.apply(file.token, "tea", other, TEACHERS), Refused)
    assert roster(desks).keys() == {"tea"}


def test_files_are_forgotten(desks: CourseDesks, clock: HandClock) -> None:
    """After half an hour, by the same person's next one, and where there are too many."""
    file = read(desks)
    read(desks)
    assert isinstance(apply(desks, file), Refused)
    file = read(desks)
    for number in range(KEPT):
        read(desks, by=f"tim{number}")
    assert isinstance(apply(desks, file), Refused)
    file = read(desks)
    clock.now += LIFE + timedelta(seconds=1)
    assert isinstance(apply(desks, file), Refused)


class MeetingMoment(datetime):
    """Whoever compares it waits for another who does, but not for ever."""

    meeting: ClassVar[threading.Barrier]

    def __gt__(self, other: datetime) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            self.meeting.wait(0.1)
        return super().__gt__(other)


def test_teachers_who_bring_files_at_once_each_have_theirs(desks: CourseDesks) -> None:
    """The page reads each file in a thread of its own; none takes another's place."""
    MeetingMoment.meeting = threading.Barrier(2)
    desk = RosterFileDesk(desks.rosters, lambda: MeetingMoment.fromtimestamp(0, UTC))
    course = desks.rosters.course("by-name")
    earlier, *both = (Chosen(course, f"tea{n}", TEACHERS, "list.csv", LIST) for n in range(3))
    desk.read(earlier)  # something to compare with
    with ThreadPoolExecutor(2) as threads:
        files = list(threads.map(desk.read, both))
    MeetingMoment.meeting.abort()
    for file in files:
        answer = desk.read_again(file.token, file.chosen.by, course, {})
        assert isinstance(answer, RosterFile)


def test_a_link_puts_people_into_its_section(desks: CourseDesks) -> None:
    """As the teacher said when it was made."""
    course = desks.rosters.course("by-name")
    _, code = desks.joining.make(course, life=None, seats=None, section="Group 2", by="tea")
    desks.joining.join(code.reveal(), desks.people.person("ada", is_admin=False))
    (mine,) = desks.people.person("ada", is_admin=False).enrolments
    assert (mine.section, mine.key) == ("Group 2", Key(KeyKind.NAME, "ada"))
    assert desks.rosters.sections(course) == ("Group 2",)
