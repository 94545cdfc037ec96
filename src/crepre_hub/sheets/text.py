"""
From bytes to text.

Python's own codecs in a fixed order, and no guess by statistics: on lists of names, which are
short, charset-normalizer took Windows' Danish for Polish. What was taken is told, and can be said.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from crepre_hub.sentences import say
from crepre_hub.sheets.problems import SheetError, SheetProblem

LARGEST = 4 * 1024**2
"""Bytes; a person takes about a hundred."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", say("an Excel or LibreOffice workbook")),
    (b"\xd0\xcf\x11\xe0", say("an old Excel workbook")),
    (b"%PDF", say("a PDF")),
    (b"\x1f\x8b", say("a compressed file")),
)
_ODD = say("has a character that no list of people has (a NUL or a control code)")
_SAVE_AS = say("Open it in a spreadsheet and save it as CSV (UTF-8).")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, its lines ending in line feeds, and the encoding that it had."""

    text: str
    encoding: str


def decode(data: bytes, *, encoding: str = "") -> Decoded:
    """
    The text in *data*.

    Args:
        encoding: Any that Python knows; empty to find out: a mark at the beginning, UTF-8,
            UTF-16 by its empty bytes, else Windows' Western European.

    Raises:
        SheetError: If it is no text, or too long.
    """
    if len(data) > LARGEST:
        size = f"{len(data) / 1024**2:.0f}"
        raise _whole(say("the file has %(size)s MiB; a list of people has 4 at most", size=size))
    kind = next((kind for magic, kind in _OTHER_FILES if data.startswith(magic)), None)
    if kind is not None:
        raise _whole(say("this is %(kind)s, not a CSV file", kind=kind))
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise _whole(say("the file is empty"))
    chosen = encoding or _encoding_of(data)
    text = _decoded(data, chosen).replace("\r\n", "\n").replace("\r", "\n")
    _ensure_visible(text)
    return Decoded(text, chosen)


def _encoding_of(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    empty = [place % 2 for place, byte in enumerate(data[:4096]) if byte == 0]
    if len(empty) > len(data[:4096]) // 4:
        return "utf-16-le" if sum(empty) * 2 > len(empty) else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        text = say(
            "there is no encoding %(encoding)s; try utf-8, utf-16 or cp1252",
            encoding=repr(encoding),
        )
        raise _whole(text) from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data[:start].count(b"\n") + 1
        problem = SheetProblem(line, say("is not %(encoding)s", encoding=encoding))
        raise SheetError([problem], remedy=_SAVE_AS) from None


def _ensure_visible(text: str) -> None:
    """Raise for NUL bytes and other control characters, each line once."""
    problems = [
        SheetProblem(number, _ODD)
        for number, line in enumerate(text.split("\n"), start=1)
        if any(letter < " " and letter != "\t" for letter in line) or "\x7f" in line
    ]
    if problems:
        raise SheetError(problems, remedy=_SAVE_AS)


def _whole(text: str) -> SheetError:
    return SheetError([SheetProblem(0, text)], remedy=_SAVE_AS)
