"""
``python -m crepre_seat.bring``: the course's files from its git repository, once.

nbgitpuller does it, as it does for links: what the student changed wins. This program runs beside
the server, and adds what a start needs and a link does not: nothing half done in the way of the
next start, and a sentence for each failure. Its last line is a JSON object with that sentence.

Source: https://nbgitpuller.readthedocs.io/en/latest/topic/automatic-merging.html
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crepre_seat.facts import Content, SeatFacts, facts_in
from crepre_seat.failures import NotBrought, why

LIMIT_SECONDS = 300
"""A repository that takes longer is tried again at the next start."""

GIT = {
    "GIT_ALLOW_PROTOCOL": "http:https",
    "GIT_CONFIG_GLOBAL": os.devnull,  # a home's broken .gitconfig breaks only its owner's git
    "GIT_TERMINAL_PROMPT": "0",  # a private repository fails at once
    "GIT_ASKPASS": "/bin/false",
    "GIT_HTTP_LOW_SPEED_LIMIT": "100",  # bytes per second; a silent host is given up
    "GIT_HTTP_LOW_SPEED_TIME": "20",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.quotePath",  # names of files as they are, for nbgitpuller
    "GIT_CONFIG_VALUE_0": "false",
    "LC_ALL": "C.UTF-8",
}

OURS = "crepre.course"
"""In the configuration of a clone: that it was made here."""

LOCK_IS_STALE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How it ended.

    Attributes:
        text: For the student; empty where there is nothing to tell.
    """

    ok: bool
    text: str = ""


def bring(content: Content, facts: SeatFacts) -> Outcome:
    """Clone or renew *content*; nothing of the student's is lost, whatever happens."""
    place = facts.home / content.folder
    try:
        ensure_nothing_in_the_way(facts.home, content.folder)
        with the_only_one(facts.state):
            if place.is_dir() and any(place.iterdir()):
                return renew(content, place)
            return clone(content, place)
    except NotBrought as problem:
        return Outcome(ok=False, text=str(problem))
    except (subprocess.CalledProcessError, OSError) as problem:
        return Outcome(ok=False, text=why(problem, content))


def ensure_nothing_in_the_way(home: Path, folder: str) -> None:
    """
    Each part of *folder* is a folder of the home's own, or not there yet.

    Raises:
        NotBrought: If one is a link, which could lead anywhere, or a file.
    """
    place = home
    for part in folder.split("/"):
        place /= part
        name = place.relative_to(home)
        if place.is_symlink():
            raise NotBrought(f"{name} is a link. Remove or rename it")
        if place.exists() and not place.is_dir():
            raise NotBrought(f"there is a file called {name}. Rename it")


@contextmanager
def the_only_one(state: Path) -> Iterator[None]:
    """
    Whoever holds this is alone in the home with it; it ends with the process.

    Raises:
        NotBrought: If another server of the same person has it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "bringing").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotBrought("another server of yours is just doing it") from None
        yield


def clone(content: Content, place: Path) -> Outcome:
    """Bring everything to a folder beside *place*, which then becomes *place* all at once."""
    incoming = place.with_name(f".{place.name}.incoming")
    if incoming.exists():
        shutil.rmtree(incoming)
    incoming.parent.mkdir(parents=True, exist_ok=True)
    try:
        pull(content, incoming)
        git(incoming, "config", OURS, "true")
        incoming.rename(place)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)  # room is wanted where it failed for that
    return Outcome(ok=True, text=f"The course's files are here, in the folder {content.folder}.")


def renew(content: Content, place: Path) -> Outcome:
    """Bring what is new to *place*, a clone of earlier."""
    if not (place / ".git").is_dir():
        raise NotBrought(f"{content.folder} is a folder of your own. Rename it")
    remove_stale_locks(place / ".git")
    ensure_it_follows(content, place)
    upstream = f"origin/{content.branch}"
    git(place, "fetch", "origin")
    is_new = not holds(place, "merge-base", "--is-ancestor", upstream, "HEAD")
    remove_what_comes_again(place, upstream)
    pull(content, place)
    text = f"The course's files in the folder {content.folder} were renewed."
    return Outcome(ok=True, text=text if is_new else "")


def ensure_it_follows(content: Content, place: Path) -> None:
    """
    Let *place* follow the repository and branch of today.

    Raises:
        NotBrought: If it is a clone that somebody else made of something else.
    """
    is_same = holds(
        place, "config", "--fixed-value", "--get", "remote.origin.url", content.repository
    )
    if not is_same and not holds(place, "config", OURS):
        raise NotBrought(f"{content.folder} is a repository of your own. Rename it")
    git(place, "remote", "set-url", "origin", content.repository)
    git(place, "remote", "set-branches", "origin", content.branch)


def pull(content: Content, place: Path) -> None:
    """
    What nbgitpuller does, its words on standard output.

    Raises:
        CalledProcessError: Where git failed; ``output`` has its words.
        NotBrought: If there is no such branch.
    """
    from nbgitpuller.errors import BranchExistError
    from nbgitpuller.pull import GitPuller

    words: list[str] = []
    try:
        puller = GitPuller(content.repository, str(place), branch=content.branch)
        for line in puller.pull():
            words.append(line)
            say(line)
    except BranchExistError:
        raise NotBrought(f"their repository has no branch {content.branch}") from None
    except subprocess.CalledProcessError as problem:
        problem.output = "".join([*words, str(problem.stderr or "")])
        raise


def remove_stale_locks(folder: Path) -> None:
    """Remove what a git that was killed left in *folder*; a git of today's keeps its own."""
    stale = time.time() - LOCK_IS_STALE_SECONDS
    for lock in [*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")]:
        if lock.lstat().st_mtime < stale:
            lock.unlink()


def remove_what_comes_again(place: Path, upstream: str) -> None:
    """
    Remove files that git does not know yet and that *upstream* brings with the same content.

    They are of a renewal that was cut off. nbgitpuller would keep each as a renamed copy.
    """
    added = git(place, "diff", "--name-only", "--diff-filter=A", "-z", f"..{upstream}")
    for name in filter(None, added.split("\0")):
        file = place / name
        if file.is_file() and file.resolve() == place.resolve() / name:  # not behind a link
            theirs = git(place, "rev-parse", f"{upstream}:{name}")
            if git(place, "hash-object", "--", name) == theirs:
                file.unlink()


def holds(place: Path, *question: str) -> bool:
    """Whether git answers *question* with yes."""
    try:
        git(place, *question)
    except subprocess.CalledProcessError:
        return False
    return True


def git(place: Path, *words: str) -> str:
    """What git says in *place*; raises CalledProcessError."""
    done = subprocess.run(
        ["git", *words], cwd=place, capture_output=True, text=True, errors="replace", check=False
    )
    say(f"$ git {' '.join(words[:3])}\n{done.stderr}")
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, "git", done.stdout + done.stderr)
    return done.stdout.strip()


def say(words: str) -> None:
    """Print *words* at once; they end as a line."""
    sys.stdout.write(words if words.endswith(("\n", "\r")) else f"{words}\n")
    sys.stdout.flush()


def give_up(*_: object) -> None:
    """The time is over: say so, and end with everything that was started."""
    host = urlsplit(os.environ.get("CREPRE_CONTENT_REPOSITORY", "")).hostname
    outcome = Outcome(ok=False, text=str(NotBrought(f"{host} is too slow today")))
    say(json.dumps(asdict(outcome)))
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Bring what the environment names."""
    os.environ.update(GIT)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT_SECONDS)
    facts = facts_in()
    if facts.content is None:
        sys.exit("There is nothing to bring: CREPRE_CONTENT_REPOSITORY is not set.")
    say(json.dumps(asdict(bring(facts.content, facts))))


if __name__ == "__main__":
    main()
