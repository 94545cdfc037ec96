"""From text to rows: Python's csv module, told which separator, and asked to be strict."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from crepre_hub.sentences import say
from crepre_hub.sheets.problems import SheetError, SheetProblem

SEPARATORS = ";,\t|"
MOST_COLUMNS = 200
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row; *line* is where it begins, counted from 1."""

    line: int
    cells: tuple[str, ...]


def rows_of(text: str) -> tuple[str, tuple[Row, ...]]:
    """
    The separator, and the rows that are not empty.

    Raises:
        SheetError: If a quote is not closed, or there are far too many columns or rows.
    """
    lines = text.split("\n")
    skipped = 0
    while lines and not lines[0].strip():
        lines.pop(0)
        skipped += 1
    separator = _separator_of(lines[0]) if lines else ","
    if lines and lines[0].strip().lower() == f"sep={separator}":  # a line of Excel's own
        lines.pop(0)
        skipped += 1
    rows = tuple(_rows(lines, separator, skipped))
    if not rows:
        raise SheetError([SheetProblem(0, say("there is nothing in the file"))])
    if len(rows) > MOST_ROWS:
        text = say("there are more than %(most)s rows", most=MOST_ROWS)
        raise SheetError([SheetProblem(rows[MOST_ROWS].line, text)])
    return separator, rows


def _separator_of(line: str) -> str:
    """The separator that stands most often in *line*, outside of quotes."""
    outside = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _rows(lines: list[str], separator: str, skipped: int) -> Iterator[Row]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    while True:
        start = reader.line_num + skipped + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SheetError([SheetProblem(start, _reason(error))], remedy=_QUOTES) from None
        if cells is None:
            return
        if len(cells) > MOST_COLUMNS:
            text = say(
                "has %(count)s cells; a list of people has %(most)s at most",
                count=len(cells),
                most=MOST_COLUMNS,
            )
            raise SheetError([SheetProblem(start, text)])
        if any(cell.strip() for cell in cells):
            yield Row(start, tuple(cell.strip() for cell in cells))


_QUOTES = say("Look for a quotation mark that is not closed, or save it as CSV once more.")


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return say("a quotation mark is opened here and never closed")
    if "field larger" in text:
        return say("a cell is far too long; a quotation mark may not be closed")
    return say("the quotation marks are not right (%(why)s)", why=text)
