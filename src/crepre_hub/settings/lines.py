"""Where in a TOML file something stands; Python's own reader does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_PART = re.compile(_WORD)
_KEY = re.compile(rf"^\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_TOLD = re.compile(r"\bline (\d+)\b")


def line_of(text: str, path: str, said: str = "") -> int | None:
    """
    The line, from 1 on, that a problem of a TOML file is about.

    Args:
        text: The file's.
        path: Keys with ``/`` between, as in ``Problem.path``; a key that is missing has the line
            of the table where it should be.
        said: What is wrong; where it names a line itself, it is that one.

    Returns:
        None where nothing of *path* is in the file.
    """
    told = _TOLD.search(said)
    if told and not path:
        return int(told[1])
    wanted = tuple(path.split("/")) if path else ()
    best: tuple[int, int | None] = (0, None)
    for number, found in _keys(text):
        depth = len(found)
        if found == wanted[:depth] and depth > best[0]:
            best = (depth, number)
    return best[1]


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each header and key with its line; what stands in texts of several lines is none."""
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_parts(key[1]))
        quote = next((each for each in ('"""', "'''") if line.count(each) == 1), "")


def _parts(written: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(written))
