"""A part of a file, as a browser asks for it that goes on with a download."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Part:
    """
    Bytes from *first* to before *end*, of *size*.

    Attributes:
        is_whole: Whether all was asked for; then the answer says nothing of parts.
    """

    first: int
    end: int
    size: int
    is_whole: bool = False

    @property
    def content_range(self) -> str:
        """The header of that name."""
        return f"bytes {self.first}-{self.end - 1}/{self.size}"


def asked_part(header: str, size: int) -> Part | None:
    """
    What a ``Range`` header asks for; None where that is not in the file.

    Whatever is not one range of bytes is passed over, as it may be: then all is sent.
    Source: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    """
    found = _ONE_RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return Part(0, size, size, is_whole=True)
    first, last = found.groups()
    if first == "":
        return Part(max(0, size - int(last)), size, size) if int(last) and size else None
    if last and int(last) < int(first):
        return Part(0, size, size, is_whole=True)
    if int(first) >= size:
        return None
    return Part(int(first), min(size, int(last) + 1) if last else size, size)
