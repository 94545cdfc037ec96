"""``crepre gpu reserve``: GPUs kept for a course, once or every week."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from crepre_hub.cli.courses import CourseId, DryRun, in_words, lab_desks
from crepre_hub.cli.gpu_desk import desk_of, lending_desk, or_refused, tell_dry
from crepre_hub.cli.terminal import AsJson, out, print_json
from crepre_hub.clock import lab_zone
from crepre_hub.desk.gpu_booking import request_of
from crepre_hub.gpu.booking import Request
from crepre_hub.gpu.reservations import Interval, weekly
from crepre_hub.units import parse_duration


def reserve(
    course_id: CourseId,
    profile: Annotated[str, typer.Argument(help="Whose share is kept.", metavar="PROFILE")],
    *,
    begin: Annotated[
        datetime,
        typer.Option(
            "--from", formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"], help="In the lab's time zone."
        ),
    ],
    length: Annotated[str, typer.Option("--for", help='How long, like "2 h".')],
    seats: Annotated[int, typer.Option(min=1, help="For how many servers.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day, for every week until then."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Keep GPUs for a course; refused where they are kept or lent already."""
    first = _first(begin, _life(length))
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        last = until.date() if until else first.start.date()
        intervals = tuple(weekly(first, last))
        request = request_of(course, profile, seats, intervals)
        answer = desk_of(lab, dry_run=dry_run).reserve(request)
    or_refused(answer)
    _tell(request, dry_run=dry_run, as_json=as_json)


def unreserve(
    name: Annotated[str, typer.Argument(help="As the board calls it, or a whole series.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Keep nothing any more for a reservation; those of a course's file are changed there."""
    with lending_desk(dry_run=dry_run) as desk:
        answer = desk.cancel(name)
    or_refused(answer)
    if as_json:
        print_json({"cancelled": name, "applied": not dry_run})
        return
    out.print(f"{name} is cancelled.", markup=False)
    tell_dry(dry_run)


def _first(begin: datetime, length: timedelta) -> Interval:
    start = begin.replace(tzinfo=lab_zone())
    return Interval(start, start + length)


def _life(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _tell(request: Request, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        kept = [{"start": each.start, "end": each.end} for each in request.intervals]
        print_json({"series": request.series, "kept": kept, "applied": not dry_run})
        return
    for each in request.intervals:
        times = f"{in_words(each.start)} to {in_words(each.end)}"
        out.print(f"{request.course}: {request.count} x {request.wish}, {times}", markup=False)
    out.print(f"Reservation {request.series}.", markup=False)
    tell_dry(dry_run)
