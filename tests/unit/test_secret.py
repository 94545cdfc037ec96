"""Secrets that print as stars, and the files that hold them."""

from __future__ import annotations

import stat
from pathlib import Path

from crepre_hub.secret import Secret, ensure_secret_file


def test_a_secret_prints_as_stars() -> None:
    """No way of printing shows the text."""
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {secret!s} {[secret]}"
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_their_text() -> None:
    """Two of the same text are one; no plain text is equal to a secret."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_secret_file_is_made_once(tmp_path: Path) -> None:
    """The second process reads what the first one made."""
    first = ensure_secret_file(tmp_path / "token")
    assert ensure_secret_file(tmp_path / "token") == first
    assert len(first.reveal()) == 64


def test_a_secret_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads it, from its first moment on."""
    ensure_secret_file(tmp_path / "token")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_two_secrets_differ(tmp_path: Path) -> None:
    """Each file gets random digits of its own."""
    assert ensure_secret_file(tmp_path / "a") != ensure_secret_file(tmp_path / "b")
