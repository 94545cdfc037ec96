"""The course's files come beside the server: it answers first, and never waits for them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from crepre_seat.bring import LIMIT_SECONDS
from crepre_seat.facts import SeatFacts
from crepre_seat.notices import Notices

log = logging.getLogger("crepre_seat")

GRACE_SECONDS = 15
"""The program ends itself; this much later it is ended."""

LOG = "content.log"


async def bring_beside(facts: SeatFacts, notices: Notices) -> None:
    """Run ``crepre_seat.bring``, keep its words in the home, and tell how it ended."""
    notices.pending += 1
    try:
        words = await _words_of_program(facts.home)
    finally:
        notices.pending -= 1
    _keep(facts.state / LOG, words)
    outcome = outcome_in(words)
    if outcome["text"]:
        notices.tell(outcome["text"], "success" if outcome["ok"] else "warning")
    level = logging.INFO if outcome["ok"] else logging.WARNING
    log.log(level, "%s", outcome["text"] or "The course's files are as in their repository.")


def path_without(home: Path, path: str) -> str:
    """*path* without folders of the home, whose programs may be anything."""
    folders = (each for each in path.split(os.pathsep) if not Path(each).is_relative_to(home))
    return os.pathsep.join(folders)


async def _words_of_program(home: Path) -> str:
    """What the program printed, to its end; it and its children are gone then."""
    program = await asyncio.create_subprocess_exec(
        *("nice", "-n", "10", sys.executable, "-I", "-m", "crepre_seat.bring"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env=os.environ | {"PATH": path_without(home, os.environ["PATH"])},
    )
    try:
        async with asyncio.timeout(LIMIT_SECONDS + GRACE_SECONDS):
            words, _ = await program.communicate()
    except TimeoutError:
        return ""
    finally:
        _end_group(program.pid)
    return words.decode(errors="replace")


def _end_group(number: int) -> None:
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:
        return


def outcome_in(words: str) -> dict[str, object]:
    """The program's last line; a sentence of our own where it has none."""
    lines = words.strip().splitlines()
    try:
        outcome = json.loads(lines[-1])
        return {"ok": bool(outcome["ok"]), "text": str(outcome["text"])}
    except (IndexError, ValueError, KeyError, TypeError):
        text = "The course's files did not come. Tell your teacher."
        return {"ok": False, "text": f"{text} Details: ~/.local/state/crepre/{LOG}"}


def _keep(file: Path, words: str) -> None:
    """A log for whoever looks; a home that takes none has none."""
    try:
        file.write_text(words[-100_000:], encoding="utf-8")
    except OSError as problem:
        log.info("No log of the course's files in the home: %s", problem.strerror)
