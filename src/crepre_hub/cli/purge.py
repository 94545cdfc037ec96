"""``crepre course purge``: homes and folders of a course that is over, removed for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from crepre_hub.cli.archive import archive_as_dict, homes
from crepre_hub.cli.courses import CourseId, DryRun, in_words
from crepre_hub.cli.endings import LabEnd, lab_end
from crepre_hub.cli.term import typed_by
from crepre_hub.cli.terminal import REFUSED, AsJson, err, out, print_json, progress_bar
from crepre_hub.decisions import Decision, Refused
from crepre_hub.desk.purges import Folders, PurgePlan, PurgeRow
from crepre_hub.errors import BackendError, CourseError
from crepre_hub.ops.build_log import Step
from crepre_hub.store.endings import Purge
from crepre_hub.units import format_size

if TYPE_CHECKING:
    from crepre_hub.backends.backend import CourseFolder

FOLDERS = "the course's folders"

Yes = Annotated[
    str,
    typer.Option("--yes", help="The course's short name again, for scripts.", metavar="COURSE"),
]
WithoutArchive = Annotated[
    bool,
    typer.Option("--without-archive", help="Also homes of which there is no whole archive."),
]
KeepFolders = Annotated[
    bool,
    typer.Option(
        "--keep-folders", help="Not the course's data and shared folder: the next term's."
    ),
]
Failed = list[tuple[str, str]]
"""Whose home, or what, stays, and why."""


def purge(
    course_id: CourseId,
    *,
    without_archive: WithoutArchive = False,
    keep_folders: KeepFolders = False,
    yes: Yes = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove the homes that nobody needs any more, and the course's folders. It asks twice."""
    gone: list[Purge] = []
    failed: Failed = []
    with lab_end() as lab:
        course = lab.desks.rosters.course(course_id)
        _ensure_others_are_known(lab)
        with lab.ends.folder.alone():
            plan = lab.ends.purges.plan(
                course, without_archive=without_archive, keep_folders=keep_folders
            )
            if not as_json:
                _print_plan(plan)
            if not dry_run:
                _ensure_meant(plan, yes)
                gone, failed = _apply(lab, plan)
    if as_json:
        print_json(_as_dict(plan, gone, failed, applied=not dry_run))
    elif dry_run:
        err.print("Nothing was changed (--dry-run).")
    else:
        _print_outcome(plan, gone, failed)
    if failed:
        raise typer.Exit(REFUSED)


def _ensure_others_are_known(lab: LabEnd) -> None:
    """Raise ``CourseError`` where a course cannot be read: it may need the homes of its people."""
    unread = lab.desks.lab.courses(()).others
    if unread:
        raise CourseError(
            f"{unread[0].problem}. It may be a course that needs homes, so none can be removed.",
            remedy="Mend it, or take the file away: crepre check",
        )


def _ensure_meant(plan: PurgePlan, yes: str) -> None:
    """
    Ask twice, or hold what a script says against the course.

    Raises:
        CourseError: If it is not meant, or may not be.
    """
    course = plan.course.id
    if isinstance(plan.answer, Refused):
        raise CourseError(plan.answer.message, remedy=plan.answer.remedy)
    what = _going_in_words(plan)
    if not what:
        return
    if yes:
        if yes != course:
            raise CourseError(f"--yes names {yes!r}, and the course is {course}.")
        return
    if not sys.stdin.isatty():
        raise CourseError(
            "There is nobody to ask.",
            remedy=f"If it is meant: crepre course purge {course} --yes {course}",
        )
    if not typer.confirm(f"Remove {what} for good?", err=True):
        raise CourseError("Nothing was removed.")
    if typer.prompt("Type the course's short name to go on", err=True) != course:
        raise CourseError("That is another name. Nothing was removed.")


def _going_in_words(plan: PurgePlan) -> str:
    """What goes, to be asked about; empty where nothing does."""
    count = len(plan.going)
    words = [homes(count) if count > 1 else f"the home of {plan.going[0].owner}"] if count else []
    if plan.folders_go:
        words.append(f"the folders of {plan.course.id}, which no archive has,")
    return " and ".join(words)


def _apply(lab: LabEnd, plan: PurgePlan) -> tuple[list[Purge], Failed]:
    gone: list[Purge] = []
    failed: Failed = []
    by = typed_by()
    with progress_bar("Removing") as on_step:
        for number, row in enumerate(plan.going, start=1):
            on_step(Step(number, len(plan.going), row.owner))
            try:
                gone.append(lab.ends.purges.remove(plan, row, by=by))
            except BackendError as error:
                if error.reason == "docker-unreachable":
                    raise
                failed.append((row.owner, error.message))
    if plan.folders_go:
        try:
            gone.append(lab.ends.purges.remove_folders(plan, by=by))
        except BackendError as error:
            failed.append((FOLDERS, f"{error.message} {error.remedy}".rstrip()))
    return gone, failed


def _print_plan(plan: PurgePlan) -> None:
    out.print(f"{plan.course.id}  {plan.course.title}", markup=False)
    width = max((len(row.owner) for row in plan.rows), default=0)
    for row in plan.rows:
        out.print(f"  {_line(row, width)}", markup=False)
    for line in _folder_lines(plan.folders):
        out.print(f"  {line}", markup=False)
    going = [row for row in plan.rows if row.goes]
    size = format_size(sum(row.home.size_bytes for row in going))
    stay = len(plan.rows) - len(going)
    out.print(f"{homes(len(going))} would go ({size}), {stay} {'stay' if stay != 1 else 'stays'}.")
    if isinstance(plan.answer, Refused):
        err.print(plan.answer.message, style="yellow", markup=False)
        err.print(plan.answer.remedy, markup=False)


def _line(row: PurgeRow, width: int) -> str:
    start = f"{'-' if row.goes else '='} {row.owner.ljust(width)}  {row.place.role:<10}"
    size = format_size(row.home.size_bytes)
    if isinstance(row.answer, Refused):
        return f"{start} {size}  stays: {row.answer.message}"
    if row.archive is None:
        return f"{start} {size}  WITHOUT A WHOLE ARCHIVE"
    return f"{start} {size}  archived {in_words(row.archive.began_at)}"


def _folder_lines(folders: Folders) -> Iterator[str]:
    for each in folders.there:
        size = format_size(each.size_bytes or 0)
        if isinstance(folders.answer, Refused):
            yield f"= {each.name}: {size}, stays: {folders.answer.message}"
        else:
            yield f"- {each.name}: {size}, IN NO ARCHIVE ({each.place})"


def _print_outcome(plan: PurgePlan, gone: list[Purge], failed: Failed) -> None:
    what = homes(len([each for each in gone if not each.is_of_folders]))
    if any(each.is_of_folders for each in gone):
        what = f"{what} and {FOLDERS}"
    out.print(f"Removed {what}. The record: crepre course show {plan.course.id}", markup=False)
    for what, why in failed:
        err.print(f"  {what}: not removed. {why}", style="red", markup=False)


def _as_dict(
    plan: PurgePlan, gone: list[Purge], failed: Failed, *, applied: bool
) -> dict[str, object]:
    refused = plan.answer if isinstance(plan.answer, Refused) else None
    return {
        "course": plan.course.id,
        "purge_on": plan.purge_on,
        "refused": refused.message if refused else None,
        "homes": [_row_as_dict(row) for row in plan.rows],
        "folders": [_folder_as_dict(each, plan.folders) for each in plan.folders.there],
        "removed": [purge_as_dict(each) for each in gone],
        "failed": [{"owner": owner, "why": why} for owner, why in failed],
        "applied": applied,
    }


def _row_as_dict(row: PurgeRow) -> dict[str, object]:
    return {
        "owner": row.owner,
        "role": row.place.role,
        "size_bytes": row.home.size_bytes,
        "goes": row.goes,
        "why": _why(row.answer),
        "archive": archive_as_dict(row.archive) if row.archive else None,
    }


def _folder_as_dict(folder: CourseFolder, folders: Folders) -> dict[str, object]:
    return {
        "name": folder.name,
        "place": folder.place,
        "size_bytes": folder.size_bytes,
        "goes": folders.go,
        "why": _why(folders.answer),
    }


def _why(answer: Decision) -> str:
    return answer.message if isinstance(answer, Refused) else answer.reason


def purge_as_dict(purge: Purge) -> dict[str, object]:
    """The record of what was removed, for a program; the course's folders have no owner."""
    return {
        "owner": purge.owner or None,
        "at": purge.at,
        "by": purge.by,
        "home_bytes": purge.home_bytes,
        "archive": purge.archive or None,
        "sha256": purge.sha256 or None,
    }
