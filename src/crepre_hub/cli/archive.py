"""``crepre course archive``: every home of a course in a file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import typer

from crepre_hub.cli.courses import CourseId, DryRun, in_words
from crepre_hub.cli.endings import LabEnd, lab_end
from crepre_hub.cli.term import Stop, typed_by
from crepre_hub.cli.terminal import REFUSED, AsJson, err, out, print_json, progress_bar
from crepre_hub.desk.archives import ArchivePlan, HomeRow
from crepre_hub.errors import BackendError, CommandFailed
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.lab_servers import running_servers, stop_these
from crepre_hub.store.endings import Archive
from crepre_hub.units import format_memory

STOP_PATIENCE_SECONDS = 90

PurgeOn = Annotated[
    str,
    typer.Option(
        "--purge-on",
        help="First day on which the homes may be removed; else after keep_homes of the course.",
        metavar="YYYY-MM-DD",
    ),
]


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    made: list[Archive] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def archive(
    course_id: CourseId,
    *,
    purge_on: PurgeOn = "",
    stop: Stop = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put each member's home into a file of its own; a second run makes only what is missing."""
    outcome = Outcome()
    with lab_end() as lab:
        course = lab.desks.rosters.course(course_id)
        day = _day(purge_on, lab.desks.people.today)
        plan = lab.ends.archives.plan(course, purge_on=day)
        if not as_json:
            _print_plan(plan)
        if not dry_run:
            with lab.ends.folder.alone():
                if stop:
                    _stop_servers(lab, course.id)
                    plan = lab.ends.archives.plan(course, purge_on=day)
                outcome = _apply(lab, plan)
    if as_json:
        print_json(_as_dict(plan, outcome, applied=not dry_run))
    elif dry_run:
        err.print("Nothing was changed (--dry-run).")
    else:
        _print_outcome(lab, plan, outcome)
    if outcome.failed:
        raise typer.Exit(REFUSED)


def _day(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date, like 2027-02-01") from None
    if day < today:
        raise typer.BadParameter(f"{day} is over; write {today} for at once")
    return day


def _stop_servers(lab: LabEnd, course: str) -> None:
    """Stop the servers of *course*, and come back when they are gone."""
    servers = [each for each in running_servers(lab.settings) if each.course == course]
    stop_these(lab.settings, servers)
    wanted = {each.user for each in servers}
    until = time.monotonic() + STOP_PATIENCE_SECONDS
    while left := wanted & set(lab.ends.running()):
        if time.monotonic() > until:
            raise CommandFailed(f"Servers have not stopped: {', '.join(sorted(left))}.")
        time.sleep(0.5)


def _apply(lab: LabEnd, plan: ArchivePlan) -> Outcome:
    """Make what is missing, one after another; one that fails keeps none of the others back."""
    desk, by, outcome = lab.ends.archives, typed_by(), Outcome()
    desk.ensure_room(plan)
    desk.set_purge_date(plan, by=by)
    with progress_bar("Archiving") as on_step:
        for number, row in enumerate(plan.wanted, start=1):
            size = format_memory(row.home.size_bytes) if row.home else ""
            on_step(Step(number, len(plan.wanted), f"{row.owner}, {size}"))
            try:
                made, notes = desk.make(plan, row, by=by)
            except BackendError as error:
                if error.reason in ("disk-full", "docker-unreachable"):
                    raise
                outcome.failed.append((row.owner, error.message))
            else:
                outcome.made.append(made)
                _print_notes(row.owner, notes)
    desk.write_lists(plan)
    return outcome


def _print_notes(owner: str, notes: Sequence[str]) -> None:
    for note in notes:
        err.print(f"  {owner}: {note}", style="yellow", markup=False)


def _print_plan(plan: ArchivePlan) -> None:
    homes = [row for row in plan.rows if row.home is not None]
    wanted = plan.wanted
    out.print(f"{plan.course.id}  {plan.course.title}", markup=False)
    width = max((len(row.owner) for row in homes), default=0)
    for row in homes:
        out.print(f"  {_line(row, width)}".rstrip(), markup=False)
    without = len(plan.rows) - len(homes)
    out.print(
        f"{len(wanted)} to be archived ({format_memory(plan.size_bytes)} before compression,"
        f" {format_memory(plan.free_bytes)} free), {len(homes) - len(wanted)} archived already,"
        f" {without} without a home.",
        markup=False,
    )
    out.print(f"Homes are kept until {plan.purge_on} at least.", markup=False)
    if any(row.is_running for row in wanted):
        err.print(
            "Servers run in homes marked with '!': what is written meanwhile may be missing."
            f" To stop those of this course first: crepre course archive {plan.course.id} --stop",
            style="yellow",
            markup=False,
        )


def _line(row: HomeRow, width: int) -> str:
    assert row.home is not None, "asked before"
    mark = "=" if row.is_archived else "!" if row.is_running else "+"
    role = f"{row.place.role}{', has left' if row.place.kept_until else ''}"
    line = f"{mark} {row.owner.ljust(width)}  {role.ljust(17)} {format_memory(row.home.size_bytes)}"
    if row.archive is None:
        return line
    when = in_words(row.archive.began_at)
    return f"{line}  archived {when}{'' if row.is_archived else ', changed since'}"


def _print_outcome(lab: LabEnd, plan: ArchivePlan, outcome: Outcome) -> None:
    total = format_memory(sum(each.size_bytes for each in outcome.made))
    folder = lab.ends.folder.root / plan.course.id
    out.print(f"Archived {len(outcome.made)} homes, {total}, in {folder}", markup=False)
    for owner, why in outcome.failed:
        err.print(f"  {owner}: {why}", style="red", markup=False)
    if outcome.failed:
        err.print("To try these again: the same command.", markup=False)
    url = lab.settings.lab.lab.url
    out.print(f"People download theirs at {url}/hub/my/archive", markup=False)


def _as_dict(plan: ArchivePlan, outcome: Outcome, *, applied: bool) -> dict[str, object]:
    return {
        "course": plan.course.id,
        "purge_on": plan.purge_on,
        "needed_bytes": plan.size_bytes,
        "free_bytes": plan.free_bytes,
        "homes": [_row_as_dict(row) for row in plan.rows],
        "made": [archive_as_dict(each) for each in outcome.made],
        "failed": [{"owner": owner, "why": why} for owner, why in outcome.failed],
        "applied": applied,
    }


def _row_as_dict(row: HomeRow) -> dict[str, object]:
    return {
        "owner": row.owner,
        "role": row.place.role,
        "kept_until": row.place.kept_until,
        "size_bytes": row.home.size_bytes if row.home else None,
        "running": row.is_running,
        "archived": row.is_archived,
        "archive": archive_as_dict(row.archive) if row.archive else None,
    }


def archive_as_dict(archive: Archive) -> dict[str, object]:
    """An archive for a program."""
    return {
        "owner": archive.owner,
        "file": archive.file,
        "size_bytes": archive.size_bytes,
        "sha256": archive.sha256,
        "archived_at": archive.began_at,
        "remarks": archive.remarks,
        "by": archive.by,
    }
