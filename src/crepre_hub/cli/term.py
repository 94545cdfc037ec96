"""``crepre course open``, ``close`` and ``dates``: what an admin says over the dates of a file."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

from crepre_hub.cli.courses import CourseId, DryRun, in_words, lab_desks
from crepre_hub.cli.terminal import AsJson, err, lab_root, out, print_json
from crepre_hub.courses.course import Course
from crepre_hub.courses.switch import Switch
from crepre_hub.courses.term import Term, term_of
from crepre_hub.ops.lab_servers import Running, running_servers, stop_these
from crepre_hub.settings.last_good import settings_or_last_good

Reason = Annotated[
    str, typer.Option("--reason", help="For whoever cannot start a server.", metavar="TEXT")
]
Stop = Annotated[
    bool, typer.Option("--stop", help="Stop the servers that run for this course as well.")
]

OPENED = "{id} is open: its members start servers, whatever the dates of its file say."
CLOSED = "{id} is closed: nobody but admins of the lab starts servers of it."


def open_(
    course_id: CourseId, reason: Reason = "", dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Let a course's members start servers from now on, over the dates of its file."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        switch = lab.terms.plan(course, is_open=True, by=typed_by(), reason=short(reason))
        if not dry_run:
            lab.terms.apply(switch)
    _tell(course, switch, (), applied=not dry_run, stopped=False, as_json=as_json)


def close(
    course_id: CourseId,
    *,
    reason: Reason = "",
    stop: Stop = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let nobody but admins start servers of a course from now on; those that run go on."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        switch = lab.terms.plan(course, is_open=False, by=typed_by(), reason=short(reason))
        if not dry_run:
            lab.terms.apply(switch)
        settings = settings_or_last_good(lab_root())
        running = (
            tuple(e for e in running_servers(settings) if e.course == course.id) if stop else ()
        )
        if stop and not dry_run:
            stop_these(settings, running)
    _tell(course, switch, running, applied=not dry_run, stopped=stop, as_json=as_json)


def dates(course_id: CourseId, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Let the dates of a course's file count again, as before open and close."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        before = lab.terms.last_switch(course)
        if not dry_run:
            lab.terms.follow_dates(course)
        term = term_of(course.by_dates, today=lab.people.today)
    if as_json:
        print_json({"course": course.id, "state": term, "applied": not dry_run})
        return
    if before is None:
        out.print(f"{course.id} was neither opened nor closed by hand.", markup=False)
    out.print(f"By the dates of its file {course.id} is {term}: {dates_of(course)}.", markup=False)
    _say_if_nothing_changed(not dry_run)


def _tell(
    course: Course,
    switch: Switch,
    running: tuple[Running, ...],
    *,
    applied: bool,
    stopped: bool,
    as_json: bool,
) -> None:
    if as_json:
        servers = [{"user": each.user, "server": each.name} for each in running]
        print_json({**switch_as_dict(course, switch), "servers": servers, "applied": applied})
        return
    out.print((OPENED if switch.is_open else CLOSED).format(id=course.id), markup=False)
    out.print(f"Its file says: {dates_of(course)}. New dates there overrule this.", markup=False)
    if stopped:
        names = ", ".join(each.user for each in running) or "none"
        verb = "Stopped" if applied else "To be stopped"
        out.print(f"{verb}, of the servers that run for it: {names}.", markup=False)
    elif not switch.is_open:
        out.print(
            f"Servers that run go on. To stop them: crepre course close {course.id} --stop",
            markup=False,
        )
    _say_if_nothing_changed(applied)


def _say_if_nothing_changed(applied: bool) -> None:
    if not applied:
        err.print("Nothing was changed (--dry-run).")


def state_in_words(course: Course, last: Switch | None, term: Term) -> str:
    """How a course is and why, such as ``closed by hand on 2026-11-24 08:05 (ada): exam``."""
    if last is None:
        return str(term)
    who = f" ({last.by})" if last.by else ""
    typed = f"by hand on {in_words(last.at)}{who}{f': {last.reason}' if last.reason else ''}"
    if last.counts(opens=course.opens, closes=course.closes):
        return f"{term} {typed}"
    word = "opened" if last.is_open else "closed"
    return f"{term}; it was {word} {typed}, and the new dates in its file overrule that"


def switch_as_dict(course: Course, last: Switch | None) -> dict[str, object]:
    """What was typed last, and whether it counts still."""
    if last is None:
        return {}
    return {
        "course": course.id,
        "by_hand": "open" if last.is_open else "closed",
        "at": last.at,
        "by": last.by,
        "reason": last.reason,
        "counts": last.counts(opens=course.opens, closes=course.closes),
    }


def dates_of(course: Course) -> str:
    """The term as the file says it; without dates, that."""
    if course.opens is None and course.closes is None:
        return "no dates"
    return f"{course.opens or '...'} to {course.closes or '...'}"


def short(reason: str) -> str:
    """*reason* on one line, as long as the table takes."""
    return " ".join(reason.split())[:200]


def typed_by() -> str:
    """Who typed it, as the machine knows them, also behind sudo."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
