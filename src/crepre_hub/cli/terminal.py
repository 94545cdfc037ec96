"""How commands speak: text for people, ``--json`` for programs, and an exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from crepre_hub.errors import CrepreError, SettingsError
from crepre_hub.ops.build_log import Step

DONE, REFUSED, MISUSE = 0, 1, 2
"""Exit codes: done; refused or failed; used or set wrongly."""

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

ENDLESS = 10_000
"""Characters in a line that nobody has to read on a screen."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@contextmanager
def told() -> Iterator[None]:
    """Print an error of ours as its sentence and remedy, and end with its exit code."""
    try:
        yield
    except CrepreError as error:
        err.print(error.message, style="red", markup=False)
        if error.remedy:
            err.print(error.remedy, markup=False)
        raise typer.Exit(MISUSE if isinstance(error, SettingsError) else REFUSED) from None


def lab_root() -> Path:
    """The folder that holds ``lab.toml``: ``CREPRE_ROOT``, else where the command is typed."""
    return Path(os.environ.get("CREPRE_ROOT", ".")).resolve()


def print_json(value: Any) -> None:
    """*value* on standard output, for a program."""
    typer.echo(json.dumps(value, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """
    *rows* in columns that line up; what people wrote stands there as they wrote it.

    The first column is what one types next, so it is never folded. In a file or a pipe nothing is:
    a row is a line.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0, min_width=len(column))
    for row in rows:
        table.add_row(*map(Text, row))
    if not out.is_terminal:
        table.width = out.measure(table, options=out.options.update(width=ENDLESS)).maximum
    out.print(table)


class Steps:
    """A progress bar that follows the steps of one long work."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = title
        self._task = progress.add_task(title, total=None)

    def __call__(self, step: Step) -> None:
        """Note that *step* begins."""
        self._progress.update(
            self._task,
            completed=step.number - 1,
            total=step.of,
            description=f"{self._title}: {step.title[:60]}",
        )


@contextmanager
def progress_bar(title: str) -> Iterator[Steps]:
    """A bar on the terminal, or a line for each step where the output is not a terminal."""
    title_column = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), title_column, BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield Steps(progress, title) if err.is_terminal else PlainSteps(progress, title)


class PlainSteps(Steps):
    """The same for a log: one line for a step."""

    def __call__(self, step: Step) -> None:
        """Print that *step* begins."""
        err.print(f"{self._title}: {step.number}/{step.of} {step.title}", markup=False)
