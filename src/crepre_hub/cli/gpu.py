"""``crepre gpu``: who has which GPU, and what an admin changes about it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from crepre_hub.backends.backend import Seat
from crepre_hub.cli.courses import DryRun, in_words, lab_desks
from crepre_hub.cli.gpu_desk import desk_of, lending_desk, measured, or_refused, tell_dry
from crepre_hub.cli.gpu_reserve import reserve, unreserve
from crepre_hub.cli.terminal import REFUSED, AsJson, out, print_json, print_table
from crepre_hub.courses.access import Offer
from crepre_hub.decisions import MustWait, Refused
from crepre_hub.desk.gpu_board import Board, GpuRow, LineRow
from crepre_hub.desk.gpu_board import board as board_of
from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.desk.launch import asked_for
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.errors import CourseError
from crepre_hub.gpu.claims import Lease
from crepre_hub.gpu.gpus import TAKEN_OUT
from crepre_hub.units import format_memory, format_size

app = typer.Typer(help="The lab's GPUs: who has which, and who waits.", no_args_is_help=True)
app.command()(reserve)
app.command()(unreserve)

Who = Annotated[str, typer.Argument(help="A user name.", metavar="USER")]
ADMIN = Reader("", is_admin=True)


@app.command()
def board(as_json: AsJson = False) -> None:
    """Each GPU with its leases, the line, and what is reserved in the next 7 days."""
    with lending_desk() as desk:
        seen = board_of(desk, ADMIN, *measured(desk))
    if as_json:
        print_json(asdict(seen))
        return
    _print_gpus(seen)
    _print_line(seen)
    _print_kept(seen)


@app.command()
def lend(
    who: Who,
    profile: Annotated[str, typer.Argument(help="As in ml-101/gpu.", metavar="COURSE/PROFILE")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Lend somebody a GPU, or put them in the line; they start the server within a minute."""
    with lab_desks() as lab:
        course_id, _, profile_id = profile.partition("/")
        offer = Offer(lab.rosters.course(course_id), profile_id)
        chosen = offer.course.profiles.get(profile_id)
        if chosen is None or chosen.gpu is None:
            raise CourseError(
                f"{profile} is no profile with a GPU.",
                remedy=f"See: crepre course show {course_id}",
            )
        got = desk_of(lab, dry_run=dry_run).ask(asked_for(offer, Seat(who)))
    _tell_lent(who, got, dry_run=dry_run, as_json=as_json)


@app.command("return")
def return_(who: Who, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """End somebody's lease, which stops that server, or take them out of the line."""
    with lending_desk(dry_run=dry_run) as desk:
        book = desk.book()
        leases = book.leases_of(who)
        claim = book.claim_of(who)
        if not leases and claim is None:
            raise CourseError(
                f"{who} has no GPU and waits for none.", remedy="See: crepre gpu board"
            )
        for lease in leases:
            desk.end(lease.id)
        if claim is not None:
            desk.remove_claim(claim.id)
    if as_json:
        ended = [lease.id for lease in leases]
        print_json({"ended": ended, "left": claim.id if claim else None, "applied": not dry_run})
        return
    for lease in leases:
        out.print(f"{who}: the server with {lease.gpu} is stopped.", markup=False)
    if claim is not None:
        out.print(f"{who}: out of the line for {claim.wish}.", markup=False)
    tell_dry(dry_run)


@app.command()
def first(who: Who, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Put somebody before all others in the line; the board says so to everybody."""
    with lending_desk(dry_run=dry_run) as desk:
        claim = desk.book().claim_of(who)
        if claim is None:
            raise CourseError(f"{who} waits for no GPU.", remedy="See: crepre gpu board")
        answer = desk.put_first(claim.id)
    or_refused(answer)
    if as_json:
        print_json({"first": claim.id, "applied": not dry_run})
        return
    if claim.offer is not None:
        out.print(f"A GPU is kept for {who} already.", markup=False)
    else:
        out.print(f"{who} comes before all others in the line for {claim.wish}.", markup=False)
    tell_dry(dry_run)


@app.command()
def drain(
    gpu: Annotated[str, typer.Argument(help="Its UUID, or the beginning of it.")],
    reason: Annotated[
        str, typer.Option("--reason", help="What the board says.", metavar="TEXT")
    ] = TAKEN_OUT,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Put it into service again.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Lend a GPU no more; leases on it run on to their end."""
    with lending_desk(dry_run=dry_run) as desk:
        uuid = _one_gpu(desk, gpu)
        lent = desk.book().leases_on(uuid)
        why = "" if undo else reason.strip() or TAKEN_OUT
        answer = desk.drain(uuid, why)
    if as_json:
        print_json({"gpu": uuid, "leases": [each.id for each in lent], "applied": not dry_run})
        return
    or_refused(answer)
    text = "is in service" if undo else f"is lent no more; {len(lent)} leases run to their end"
    out.print(f"{uuid} {text}.", markup=False)
    tell_dry(dry_run)


@app.command()
def forget(
    gpu: Annotated[str, typer.Argument(help="Its UUID, or the beginning of it.")],
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Strike a GPU that was taken out of the machine for good; one that is there stays."""
    with lending_desk(dry_run=dry_run) as desk:
        uuid = _one_gpu(desk, gpu)
        answer = desk.forget(uuid)
    or_refused(answer)
    if as_json:
        print_json({"gpu": uuid, "applied": not dry_run})
        return
    out.print(f"{uuid} is forgotten.", markup=False)
    tell_dry(dry_run)


def _one_gpu(desk: LendingDesk, text: str) -> str:
    found = [uuid for uuid in desk.book().gpus if uuid.startswith(text)]
    if len(found) != 1:
        what = "no GPU has" if not found else "several GPUs have"
        raise CourseError(
            f"{text!r}: {what} a UUID that begins so.", remedy="See: crepre gpu board"
        )
    return found[0]


def _plain(lease: Lease) -> dict[str, object]:
    """For JSON, with names for all that is in it."""
    return lease._asdict() | {"wish": lease.wish._asdict()}


def _tell_lent(who: str, got: Lease | MustWait | Refused, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        state = "waits" if isinstance(got, MustWait) else "lent"
        lease = _plain(got) if isinstance(got, Lease) else None
        if isinstance(got, Refused):
            print_json({"state": "refused", "reason": got.reason, "message": got.message})
            raise typer.Exit(REFUSED)
        print_json({"state": state, "lease": lease, "applied": not dry_run})
        return
    if isinstance(got, Refused):
        or_refused(got)
    elif isinstance(got, MustWait):
        out.print(f"{who} is in line: {got.message}", markup=False)
    else:
        out.print(f"{who} has {got.gpu} until {in_words(got.ends)}.", markup=False)
    tell_dry(dry_run)


def _print_gpus(seen: Board) -> None:
    rows = [
        (
            gpu.uuid,
            gpu.name,
            format_memory(gpu.memory),
            format_memory(gpu.free),
            "" if gpu.used is None else format_size(gpu.used),
            format_size(gpu.outside) if gpu.outside else "",
            _state(gpu),
        )
        for gpu in seen.gpus
    ]
    if not rows:
        out.print("This lab has no GPUs. What was looked for: crepre doctor")
        return
    print_table(("gpu", "name", "memory", "free", "used", "from outside", "state"), rows)
    for gpu in seen.gpus:
        if gpu.remedy:
            out.print(f"{gpu.uuid}: {gpu.remedy}", markup=False)
    held = [
        (
            gpu.uuid,
            each.who,
            each.course,
            format_memory(each.memory),
            _until(each.until, seen.as_of),
        )
        for gpu in seen.gpus
        for each in gpu.held
    ]
    if held:
        out.print()
        print_table(("lent", "who", "course", "memory", "until"), held)


def _state(gpu: GpuRow) -> str:
    return f"{gpu.state}: {gpu.reason}" if gpu.reason else str(gpu.state)


def _print_line(seen: Board) -> None:
    if not seen.line:
        return
    rows = [
        (_place(row), row.who, row.course, row.waits_for, in_words(row.since),
         in_words(row.probably_free_at) or "not known")
        for row in seen.line
    ]  # fmt: skip
    out.print()
    print_table(("place", "who", "course", "waits for", "since", "probably free at"), rows)


def _place(row: LineRow) -> str:
    return f"{row.place} (put first)" if row.is_first else str(row.place)


def _print_kept(seen: Board) -> None:
    if not seen.kept:
        return
    rows = [
        (row.id, row.course, in_words(row.start), in_words(row.end), f"{row.shares} x {row.wish}")
        for row in seen.kept
    ]
    out.print()
    print_table(("reserved", "course", "from", "to", "what"), rows)


def _until(moment: datetime, now: datetime) -> str:
    return in_words(moment) + (" (over)" if moment <= now else "")
