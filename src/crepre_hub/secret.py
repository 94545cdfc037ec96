"""Values that must not be printed, and the files that hold them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class Secret:
    """A string that prints as stars; ``reveal()`` is the only way to the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; never log it."""
        return self._text

    def __str__(self) -> str:
        return "********"

    def __repr__(self) -> str:
        return "Secret('********')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and secrets.compare_digest(self._text, other._text)

    def __hash__(self) -> int:
        return hash((Secret, self._text))


def ensure_secret_file(path: Path, *, length_bytes: int = 32) -> Secret:
    """
    Read the secret in *path*, making it first where there is none.

    The file holds hexadecimal digits, two for a byte (at most 32 bytes, since JupyterHub
    refuses tokens of more than 64 characters), and is readable by its owner alone.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Secret(path.read_text().strip())
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(length_bytes) + "\n")
    return Secret(path.read_text().strip())
