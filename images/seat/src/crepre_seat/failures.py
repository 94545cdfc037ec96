"""Why the course's files did not come, in the student's words."""

from __future__ import annotations

import errno
import re
import subprocess
from urllib.parse import urlsplit

from crepre_seat.facts import Content


class NotBrought(Exception):
    """The course's files did not come; what was there stays as it was. Says why."""

    def __str__(self) -> str:
        return f"The course's files did not come: {self.args[0]}."


NO_ROOM = "your home is full. Delete something, then start your server again"

SILENT = (
    r"Could not resolve|Failed to connect|Connection (refused|reset|timed out)|unreachable"
    r"|Operation (timed out|too slow)|Empty reply|returned error: 5\d\d"
)
CLOSED = (
    r"not found|could not read (Username|Password)|terminal prompts disabled"
    r"|Authentication failed|returned error: 4\d\d|not valid: is this a git repository"
)

REASONS = (
    (r"No space left|Disk quota exceeded|unable to write file", NO_ROOM),
    (SILENT, "{host} does not answer. They are tried again at your server's next start"),
    (CLOSED, "there is no public repository at {repository}. Tell your teacher"),
    (r"find remote ref", "their repository has no branch {branch}. Tell your teacher"),
    (r"index\.lock", "git is just being used in {folder}"),
    (r"certificate|SSL|TLS", "the connection to {host} cannot be trusted. Tell your teacher"),
    (
        r"unrelated histories",
        "the folder {folder} is from another repository. Rename it, then start your server again",
    ),
    (r"Permission denied|Read-only file system", "a file in {folder} cannot be written"),
)
"""The first pattern that git's words hold, and what it means."""


def why(problem: subprocess.CalledProcessError | OSError, content: Content) -> str:
    """A sentence for *problem*, whatever it is."""
    if isinstance(problem, OSError):
        words = "No space left" if _no_room(problem) else str(problem.strerror)
    else:
        words = f"{problem.output or ''}\n{problem.stderr or ''}"
    reason = next((text for pattern, text in REASONS if re.search(pattern, words)), None)
    if reason is None:
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        reason = f"git says: {lines[-1][:200]}" if lines else "git did not say why"
        return str(NotBrought(reason.rstrip(".")))
    host = urlsplit(content.repository).hostname
    names = {"host": host, "repository": content.repository, "folder": content.folder}
    names["branch"] = content.branch
    return str(NotBrought(reason.format(**names)))


def _no_room(problem: OSError) -> bool:
    return problem.errno in (errno.ENOSPC, errno.EDQUOT)
