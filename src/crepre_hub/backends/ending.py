"""Why a server ended before it answered, from its last words."""

from __future__ import annotations

from crepre_hub.errors import HomeFull, StartFailed

NO_ROOM = ("No space left on device", "Disk quota exceeded")

SERIOUS = ("[C ", "[E ")
"""How lines of a Jupyter server's log begin where it calls them critical, or errors."""


def why_it_ended(log: str, *, how: str) -> StartFailed:
    """
    What to tell of a server that ended.

    Args:
        log: The last lines that it printed.
        how: How it ended, such as ``The server ended with exit code 1``.
    """
    if any(words in log for words in NO_ROOM):
        return HomeFull("Your home is full, so the server could not start.")
    lines = [line for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(SERIOUS)]
    last = (errors or lines or ["it printed nothing"])[-1]
    return StartFailed(f"{how}: {last[:300]}")
