"""``crepre roster``: who is in a course."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from crepre_hub.cli.courses import CourseId, DryRun, in_words, key_of, lab_desks, section_of
from crepre_hub.cli.join_link import join_link
from crepre_hub.cli.terminal import AsJson, err, lab_root, out, print_json, print_table
from crepre_hub.cli.user import account_store
from crepre_hub.courses.columns import Field
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange
from crepre_hub.errors import CourseError
from crepre_hub.login.people import list_accounts
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.sheets.roster import RosterSheet, read_roster
from crepre_hub.units import parse_duration

app = typer.Typer(help="Who is in a course.", no_args_is_help=True)
app.command("join-link")(join_link)

Who = Annotated[list[str], typer.Argument(help="As the course's lists write people.")]


@app.command()
def show(course_id: CourseId, as_json: AsJson = False) -> None:
    """Everybody in a course, with who said so: file, roster, rule, link or hand."""
    with lab_desks() as lab:
        enrolments = lab.rosters.enrolments(lab.rosters.course(course_id))
    if as_json:
        print_json([_as_dict(each) for each in enrolments])
        return
    rows = [
        (str(e.key), e.display_name, e.role, e.section, e.origin, in_words(e.until))
        for e in enrolments
    ]
    print_table(("who", "name", "role", "section", "from", "until"), rows)


@app.command()
def sync(
    course_id: CourseId,
    file: Annotated[Path, typer.Argument(help="CSV or TSV, as it was exported.")],
    *,
    column: Annotated[
        list[str] | None,
        typer.Option(help="A heading that was not guessed: name=Login. May be repeated."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the file, if it is taken wrongly.")] = "",
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the roster equal to a file; guests, and people of the course file, stay."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        sheet = read_roster(
            _bytes_of(file),
            key_of=course.key_of,
            kind=KeyKind(course.members_by),
            columns=_columns(column or []),
            encoding=encoding,
        )
        plan = lab.rosters.plan_sync(course, sheet.people)
        if not as_json:
            _print_sheet(sheet)
            _print_change(plan.change)
        if dry_run:
            _say_nothing_changed(as_json)
        elif as_json or yes or not plan.change.writes or _confirmed():
            lab.rosters.apply(plan)
            if not as_json:
                _say_who_has_no_account(course, [each.key for each in plan.change.join])
        else:
            raise CourseError("Nothing was changed.")
        if as_json:  # at the end: whatever could not be applied is no answer of this kind
            print_json({**_change_as_dict(plan.change), "applied": not dry_run})


@app.command()
def add(
    course_id: CourseId,
    who: Who,
    *,
    role: Annotated[Role, typer.Option(help="What they are.")] = Role.STUDENT,
    section: Annotated[str, typer.Option(help="Their group within the course.")] = "",
    stay: Annotated[str, typer.Option("--for", help='For how long, like "1 h" or "14 d".')] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Enrol people by hand; no roster throws them out."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        keys = [key_of(course, each) for each in who]
        time = _duration(stay) if stay else None
        group = section_of(section)
        if not dry_run:
            lab.rosters.add_all(course, keys, role=role, section=group, stay=time)
    if as_json:
        print_json({"join": [str(key) for key in keys], "role": role, "applied": not dry_run})
        return
    for key in keys:
        out.print(f"  + {key}  {role}", markup=False)
    if dry_run:
        _say_nothing_changed(as_json)
    else:
        _say_who_has_no_account(course, keys)


@app.command()
def remove(
    course_id: CourseId,
    who: Annotated[str, typer.Argument(help="As the course's lists write people.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End somebody's place in a course; their home is kept for the time the course says."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        ended = lab.rosters.remove(course, key_of(course, who), dry_run=dry_run)
    if as_json:
        print_json({"leave": [_as_dict(each) for each in ended], "applied": not dry_run})
        return
    for each in ended:
        out.print(f"  - {_leaving(each)}  (from: {each.origin})", markup=False)
    if any(each.origin == "roster" for each in ended):
        out.print("The next roster with this name in it brings them back.")
    if dry_run:
        _say_nothing_changed(as_json)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CourseError(f"{file} cannot be read: {error.strerror}.") from error


def _columns(options: Sequence[str]) -> dict[Field, str]:
    columns = {}
    for option in options:
        name, equals, heading = option.partition("=")
        if not equals or name not in set(Field):
            known = ", ".join(Field)
            raise typer.BadParameter(f"{option!r}: write FIELD=HEADING; fields are {known}")
        columns[Field(name)] = heading
    return columns


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _print_sheet(sheet: RosterSheet) -> None:
    """How the file was understood, to be looked at before it counts."""
    separator = {"\t": "tabs"}.get(sheet.separator, repr(sheet.separator))
    out.print(f"Read as {sheet.encoding}, separated by {separator}:", markup=False)
    for field, heading in sheet.columns.items():
        out.print(f"  {field.value:<11}is {heading!r}", markup=False)
    for each in sheet.passed_over:
        out.print(f"  passed over: {each}", markup=False)


def _print_change(change: RosterChange) -> None:
    out.print(change.course, markup=False)
    for each in change.join:
        out.print(f"  + {_named(each)}  {each.role} {each.section}".rstrip(), markup=False)
    for before, after in change.change:
        out.print(f"  ~ {_named(after)}  {_difference(before, after)}", markup=False)
    for each in change.leave:
        out.print(f"  - {_leaving(each)}", markup=False)
    counts = (len(change.join), len(change.change), len(change.leave), change.same)
    out.print("{} join, {} change, {} leave, {} stay as they are.".format(*counts))


def _say_who_has_no_account(course: Course, keys: Sequence[Key]) -> None:
    """Where nobody but the lab makes accounts, somebody without one cannot come in."""
    settings = settings_or_last_good(lab_root())
    if (
        tuple(settings.lab.login.kind) != ("accounts",)
        or KeyKind(course.members_by) != KeyKind.NAME
    ):
        return
    there = {account.name for account in list_accounts(account_store(settings))}
    if missing := sorted({str(key) for key in keys} - there):
        out.print("These have no account yet. To make them, each with a link that works once:")
        out.print(f"crepre user add {' '.join(missing)}", markup=False)


def _named(each: Enrolment) -> str:
    return f"{each.key} ({each.display_name})" if each.display_name else str(each.key)


def _leaving(each: Enrolment) -> str:
    return f"{_named(each)}  leaves; home kept until {in_words(each.keep_home_until)[:10]}"


def _difference(before: Enrolment, after: Enrolment) -> str:
    fields = ("role", "section", "display_name")
    pairs = [(getattr(before, field), getattr(after, field)) for field in fields]
    return ", ".join(f"{old or '(none)'} -> {new or '(none)'}" for old, new in pairs if old != new)


def _confirmed() -> bool:
    """Ask, where there is somebody to ask."""
    return not sys.stdin.isatty() or typer.confirm("Do it?")


def _say_nothing_changed(as_json: bool) -> None:
    if not as_json:
        err.print("Nothing was changed (--dry-run).")


def _change_as_dict(change: RosterChange) -> dict[str, object]:
    return {
        "course": change.course,
        "join": [_as_dict(each) for each in change.join],
        "leave": [_as_dict(each) for each in change.leave],
        "change": [{"before": _as_dict(old), "after": _as_dict(new)} for old, new in change.change],
        "same": change.same,
    }


def _as_dict(each: Enrolment) -> dict[str, object]:
    return {
        "who": str(each.key),
        "by": each.key.kind,
        "name": each.display_name,
        "role": each.role,
        "section": each.section,
        "from": each.origin,
        "since": None if each.origin == "file" else each.since,
        "until": each.until,
        "keep_home_until": each.keep_home_until,
    }
