"""Why the course's files did not come: a sentence for each cause."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest
from crepre_seat.bring import ensure_nothing_in_the_way, the_only_one
from crepre_seat.bringing import outcome_in, path_without
from crepre_seat.facts import Content
from crepre_seat.failures import REASONS, NotBrought, why

SHOWN = 140
"""
Characters that JupyterLab shows of a notification.

Source: ``packages/apputils/src/notification.tsx``, ``MAX_MESSAGE_LENGTH``.
"""

CONTENT = Content("https://git.example.org/ada/course", "main", "course")


def said(words: str) -> str:
    """What a student reads when git says *words*."""
    return why(subprocess.CalledProcessError(128, "git", words), CONTENT)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("fatal: unable to access 'x': Could not resolve host: y", "git.example.org does not"),
        ("Failed to connect to y port 443: Connection timed out", "git.example.org does not"),
        ("error: Operation too slow. Less than 100 bytes/sec", "git.example.org does not"),
        ("The requested URL returned error: 503", "git.example.org does not"),
        ("fatal: repository 'x' not found", "no public repository at https://git.example.org/ada"),
        ("could not read Username for 'x': terminal prompts disabled", "no public repository"),
        ("The requested URL returned error: 403", "no public repository"),
        ("fatal: couldn't find remote ref refs/heads/main", "has no branch main"),
        ("error: file write error: No space left on device", "your home is full"),
        ("SSL certificate problem: self signed certificate", "cannot be trusted"),
        ("fatal: refusing to merge unrelated histories", "from another repository"),
        ("error: unable to create file a: Permission denied", "cannot be written"),
        ("hint: x\nfatal: something new of git's.\n\n", "git says: fatal: something new of git's"),
        ("", "git did not say why"),
    ],
)
def test_each_cause_is_a_sentence(words: str, sentence: str) -> None:
    """The student reads what happened and whose turn it is, as a whole."""
    text = said(words)
    assert sentence in text
    assert text.startswith("The course's files did not come: ")
    assert text.endswith(".")
    assert ".." not in text
    assert len(text) <= SHOWN


def test_each_sentence_can_be_filled_in() -> None:
    """No pattern names what there is not."""
    for _, text in REASONS:
        text.format(host="h", repository="r", folder="f", branch="b")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_home_is_told_as_one(number: int) -> None:
    """Whether git or this program met it."""
    assert "your home is full" in why(OSError(number, "x"), CONTENT)


def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    """A link could lead anywhere, and is not followed; a file is not overwritten."""
    (tmp_path / "link").symlink_to("/tmp")
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    ensure_nothing_in_the_way(tmp_path, "folder/new")
    for folder in ("link", "link/x", "file", "file/x"):
        with pytest.raises(NotBrought):
            ensure_nothing_in_the_way(tmp_path, folder)


def test_the_homes_own_programs_are_not_used(tmp_path: Path) -> None:
    """A student's own git brings nothing."""
    path = f"/opt/course/bin:{tmp_path}/.local/bin:/usr/bin"
    assert path_without(tmp_path, path) == "/opt/course/bin:/usr/bin"


def test_two_servers_of_a_person_take_turns(tmp_path: Path) -> None:
    """Two programs in one clone would break it."""
    with the_only_one(tmp_path), pytest.raises(NotBrought), the_only_one(tmp_path):
        pass
    with the_only_one(tmp_path):
        pass


@pytest.mark.parametrize("words", ["", "Traceback\nKilled", "[]", "{}", '{"ok": true}'])
def test_a_program_that_broke_is_a_sentence_too(words: str) -> None:
    """Whatever it printed last, the student reads no trace of it."""
    outcome = outcome_in(words)
    assert outcome["ok"] is False
    assert "Traceback" not in str(outcome["text"])
    assert "content.log" in str(outcome["text"])
