"""
The hub's own static files, sent compressed.

JupyterHub sends its style sheet and scripts as they are: 0.7 MB for a first look at the login
page. Pages themselves stay as they are, since they hold both secrets of a session and words from
the address, and the length of such a page would tell of the one by way of the other.

Source: https://www.breachattack.com.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyterhub.handlers.static import CacheControlStaticFilesHandler

KINDS = {".css", ".js", ".svg", ".json"}
WORTHWHILE = 0.9
LARGEST_BYTES = 512 * 1024
"""To compress so much takes some 20 ms, in which the hub does nothing else."""

FILES_AT_MOST = 64
"""What is kept in memory; the pages use a dozen, some hundred kB when packed."""


class Packed(str):
    """
    The path of a file that is sent compressed.

    Attributes:
        content: What is sent.
    """

    __slots__ = ("content",)
    content: bytes


class PackedFilesHandler(CacheControlStaticFilesHandler):  # type: ignore[misc]
    """A static file, compressed for a browser that takes it; parts are of the file itself."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The file to send; another string stands for its compressed form, as Tornado provides."""
        path: str | None = super().validate_absolute_path(root, absolute_path)
        if path is None or Path(path).suffix not in KINDS:
            return path
        self.set_header("Vary", "Accept-Encoding")
        if "Range" in self.request.headers or not takes_gzip(self.request.headers):
            return path
        return packed_or_none(path, Path(path).stat().st_mtime_ns) or path

    def set_headers(self) -> None:
        """Say how it is packed."""
        super().set_headers()
        if isinstance(self.absolute_path, Packed):
            self.set_header("Content-Encoding", "gzip")

    def get_content_size(self) -> int:
        """Of what is sent, in bytes."""
        if isinstance(self.absolute_path, Packed):
            return len(self.absolute_path.content)
        return int(super().get_content_size())

    @classmethod
    def get_content(cls, abspath: str, start: int | None = None, end: int | None = None) -> Any:
        """What is sent; of a compressed file always all of it."""
        if isinstance(abspath, Packed):
            return abspath.content
        return super().get_content(abspath, start, end)


@lru_cache(FILES_AT_MOST)
def packed_or_none(path: str, modified_ns: int) -> Packed | None:
    """The file at *path*, compressed once for each version; None where that is not worthwhile."""
    if Path(path).stat().st_size > LARGEST_BYTES:
        return None
    content = Path(path).read_bytes()
    smaller = gzip.compress(content, 9, mtime=0)
    if len(smaller) > WORTHWHILE * len(content):
        return None
    packed = Packed(path)
    packed.content = smaller
    return packed


def takes_gzip(headers: Any) -> bool:
    """
    Whether the browser that sent *headers* takes gzip.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
    """
    for part in headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0{0,3})?\s*", weight)
    return False
