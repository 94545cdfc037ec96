"""
A term at the GPU desk: ``python -m bench.term``.

The same visits are played against the lease book and against a sign-up sheet. Exit 0 if no law
was broken and the goals are reached, 1 if not.
"""

from __future__ import annotations

import json as json_
import os
import statistics
import sys
import time
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.term_desk import Desk
from bench.term_outcome import Figures, Outcome, course_waits, figures
from bench.term_people import GIB, MONDAY, World, gpus, lessons, visits
from bench.term_sheet import Sheet
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim
from crepre_hub.gpu.draft import Change
from crepre_hub.gpu.gpus import WHOLE, Wish
from crepre_hub.gpu.lending import accept, claim, give_back, withdraw
from crepre_hub.gpu.rules import Rules

DECISIONS_A_SECOND, CROWD, CROWD_GOAL_MS = 20_000, 1000, 2.0

console = Console()

ROWS = (
    ("mean_wait", "wait, mean", "{:.1f} min"),
    ("p95_wait", "wait, 95 of 100 at most", "{:.1f} min"),
    ("lesson_mean", "wait in lessons, mean", "{:.1f} min"),
    ("lesson_p95", "wait in lessons, 95 of 100 at most", "{:.1f} min"),
    ("at_once", "served within a minute", "{:.1%}"),
    ("gave_up", "left without a GPU", "{:.1%}"),
    ("work_done", "of the work they came for, done", "{:.1%}"),
    ("held", "cards held, 8 to 24 h", "{:.1%}"),
    ("at_work", "of what is held, at work", "{:.1%}"),
    ("jain", "Jain's index over courses", "{:.4f}"),
)


def main(
    *,
    seed: Annotated[int, typer.Option(help="Of all that is drawn by chance.")] = 1,
    weeks: Annotated[int, typer.Option(min=1, help="Length of the term.")] = 14,
    quick: Annotated[bool, typer.Option("--quick", help="Without the other assumptions.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
) -> None:
    """Play, print, and say whether the goals are reached."""
    world = World(weeks=weeks, seed=seed)
    ours, sheet, outcome = play(world, look_every=2000)
    _print(world, ours, sheet, outcome)
    others = {} if quick else _others(world)
    _print_others(others)
    crowd = crowd_ms()
    rate = outcome.decisions / outcome.seconds
    console.print(
        f"{outcome.decisions} decisions, {rate:.0f} a second, "
        f"slowest {outcome.slowest * 1000:.1f} ms\n"
        f"among {CROWD} waiting claims: median {statistics.median(crowd):.2f} ms, "
        f"slowest {max(crowd):.2f} ms\n"
        f"laws looked at {outcome.looked} times, {len(outcome.broken)} broken "
        f"{outcome.broken[:3]}\n"
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    if json:
        parts = {"ours": ours, "sheet": sheet, **others}
        json.write_text(json_.dumps({k: _plain(v) for k, v in parts.items()}, indent=1))
    missed = bool(outcome.broken) or rate < DECISIONS_A_SECOND
    sys.exit(missed or statistics.median(crowd) > CROWD_GOAL_MS)


def _plain(found: object) -> object:
    return [asdict(x) for x in found] if isinstance(found, tuple) else asdict(found)  # type: ignore[call-overload]


def play(world: World, *, look_every: int) -> tuple[Figures, Figures, Outcome]:
    """Ours and the sheet's figures, and what the former come from."""
    everybody = visits(world)
    ours = Desk(world, look_every=look_every).play(everybody, lessons(world))
    sheet = Sheet(world).play(everybody)
    return figures(ours, everybody, world), figures(sheet, everybody, world), ours


def _others(world: World) -> dict[str, tuple[Figures, Figures]]:
    """Shorter terms under other assumptions."""
    short = replace(world, weeks=min(2, world.weeks))
    worlds = {
        "as above": short,
        "everybody lets go at once": replace(short, leaves_on=0.0),
        "all leave it on": replace(short, leaves_on=1.0),
        "shared cards half as fast": replace(short, slower=2.0),
        "half need a whole card": replace(short, whole=0.5),
        "all need a whole card, half as many": replace(short, whole=1.0, visits_a_week=0.9),
        "the same, and let go at once": replace(short, whole=1.0, visits_a_week=0.9, leaves_on=0.0),
        "half as many visits": replace(short, visits_a_week=world.visits_a_week / 2),
        "twice as many visits": replace(short, visits_a_week=world.visits_a_week * 2),
        "another seed": replace(short, seed=world.seed + 1),
    }
    return {name: play(each, look_every=10_000)[:2] for name, each in worlds.items()}


def crowd_ms() -> list[float]:
    """Milliseconds of each decision while a thousand claims of 24 courses wait."""
    world = World()
    book = Book.of(rules=Rules(), gpus=gpus(world))
    wishes = (WHOLE, Wish(6 * GIB), Wish(8 * GIB), Wish(4 * GIB))
    number = 0
    while len(book.claims) < CROWD:
        book = claim(book, _claim(number, wishes), MONDAY + timedelta(seconds=number)).book
        number += 1
    now = MONDAY + timedelta(hours=1)
    found = []
    for turn in range(300):
        lease = min(book.leases)
        waiting = sorted(book.claims)[turn * 7 % len(book.claims)]
        for rule in (
            lambda book, x=lease: give_back(book, x, now),
            lambda book: _taken(book, now),
            lambda book, x=waiting: withdraw(book, x, now),
            lambda book, x=number + turn: claim(book, _claim(x, wishes), now),
        ):
            start = time.process_time()
            book = rule(book).book
            found.append((time.process_time() - start) * 1000)
    return found


def _taken(book: Book, now: datetime) -> Change:
    """Somebody takes an offer, where there is one."""
    offered = next((each.id for each in book.claims.values() if each.offer), "")
    return accept(book, offered, now)


def _claim(number: int, wishes: tuple[Wish, ...]) -> Claim:
    course = f"course{number % 24:02}"
    wish = wishes[number // 24 % len(wishes)]
    return Claim(f"c{number:05}", f"p{number}", course, "gpu", wish, MONDAY, MONDAY)


def _print(world: World, ours: Figures, sheet: Figures, outcome: Outcome) -> None:
    table = Table("", "ours", "sign-up sheet")
    for name, title, form in ROWS:
        table.add_row(title, form.format(getattr(ours, name)), form.format(getattr(sheet, name)))
    console.print(f"{world.students} students, {world.cards} cards, {world.weeks} weeks")
    console.print(table)
    waits = course_waits(outcome, visits(world))
    console.print(
        "wait by course, mean/p95: "
        + ", ".join(f"{name[-2:]} {mean:.0f}/{p95:.0f}" for name, (mean, p95) in waits.items()),
        highlight=False,
    )


def _print_others(others: dict[str, tuple[Figures, Figures]]) -> None:
    table = Table("2 weeks, ours / sheet", "mean wait", "p95", "left without", "work done")
    for name, (ours, sheet) in others.items():
        table.add_row(
            name,
            *(
                f"{form.format(getattr(ours, key))} / {form.format(getattr(sheet, key))}"
                for key, form in (
                    ("mean_wait", "{:.1f}"),
                    ("p95_wait", "{:.0f}"),
                    ("gave_up", "{:.1%}"),
                    ("work_done", "{:.0%}"),
                )
            ),
        )
    if others:
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
