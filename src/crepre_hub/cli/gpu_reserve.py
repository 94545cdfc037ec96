"""``crepre gpu reserve``: GPUs kept for a course, once or every week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from crepre_hub.cli.courses import CourseId, DryRun, in_words, lab_desks
from crepre_hub.cli.gpu_desk import desk_of, lending_desk, or_refused, tell_dry
from crepre_hub.cli.terminal import AsJson, out, print_json
from crepre_hub.clock import lab_zone
from crepre_hub.desk.gpu_booking import request_of
from crepre_hub.errors import CourseError
from crepre_hub.gpu.booking import Request
from crepre_hub.gpu.reservations import FROM_FILE, Interval, is_skipped, is_twice, weekly
from crepre_hub.units import parse_duration

FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M%z")
"""The last is for the hour that clocks show twice."""


def reserve(
    course_id: CourseId,
    profile: Annotated[str, typer.Argument(help="Whose share is kept.", metavar="PROFILE")],
    *,
    begin: Annotated[
        datetime,
        typer.Option("--from", formats=list(FORMATS), help="In the lab's time zone."),
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
    life = _life(length)
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        first = _first(begin, life)
        last = until.date() if until else first.start.date()
        intervals = tuple(weekly(first, last))
        _ensure_shown(first, intervals)
        request = request_of(course, profile, seats, intervals)
        answer = desk_of(lab, dry_run=dry_run).reserve(request)
    or_refused(answer)
    _tell(request, dry_run=dry_run, as_json=as_json)


def unreserve(
    name: Annotated[str, typer.Argument(help="As the board calls it, or a whole series.")],
    *,
    undo: Annotated[
        bool, typer.Option("--undo", help="Keep again what a course's file asks for.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Keep nothing any more for a reservation; one of a course's file comes back by --undo."""
    with lending_desk(dry_run=dry_run) as desk:
        answer = desk.bring_back(name) if undo else desk.cancel(name)
    or_refused(answer)
    if as_json:
        print_json({"kept" if undo else "cancelled": name, "applied": not dry_run})
        return
    out.print(f"{name} is {'reserved again' if undo else 'cancelled'}.", markup=False)
    if name.startswith(FROM_FILE) and not undo:
        out.print(
            "It stays so until the course's file asks for something else."
            f" To bring it back: crepre gpu unreserve {name} --undo",
            markup=False,
        )
    tell_dry(dry_run)


def _first(begin: datetime, length: timedelta) -> Interval:
    """
    From *begin*, which is the lab's time unless it says how far it is from UTC.

    Raises:
        CourseError: If clocks show that time twice, and it is not said which is meant.
    """
    zone = lab_zone()
    if begin.tzinfo is not None:
        start = begin.astimezone(zone)
    elif is_twice(start := begin.replace(tzinfo=zone)):
        first, second = (f"{start.replace(fold=fold):{FORMATS[-1]}}" for fold in (0, 1))
        raise CourseError(
            f"On {start:%Y-%m-%d} clocks are put back, and {start:%H:%M} is there twice.",
            remedy=f"Write --from '{first}' for the first, --from '{second}' for the second.",
        )
    return Interval(start, start + length)


def _ensure_shown(first: Interval, intervals: Sequence[Interval]) -> None:
    """
    Pass only if a clock shows when each lesson begins.

    Raises:
        CourseError: If clocks are put forward over one of them.
    """
    wall = first.start.timetz()
    for each in intervals:
        day = each.start.astimezone(first.start.tzinfo)
        if is_skipped(datetime.combine(day, wall)):
            apart = " Or reserve the weeks before it and after it apart." if intervals[1:] else ""
            raise CourseError(
                f"On {day:%Y-%m-%d} clocks are put forward, and there is no {wall:%H:%M}.",
                remedy=f"Choose another time, such as {day:%H:%M}.{apart}",
            )


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
