"""What an image's own checks print, and when they fail."""

from __future__ import annotations

import json
import sys

import pytest
from crepre_seat.verify import Check, NotCheckedHere, ensure, main


def well() -> str:
    return "all is well"


def ill() -> str:
    ensure(False, "one is not more than two")
    return "never said"


def absent() -> str:
    raise NotCheckedHere("no GPU here")


def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    checks: dict[str, Check],
    *words: str,
) -> tuple[int, dict[str, tuple[bool, str]]]:
    """The exit status, and what is said about each check."""
    monkeypatch.setattr(sys, "argv", ["crepre-verify", "--json", *words])
    status = main(checks, {"own": well})
    results = json.loads(capsys.readouterr().out)
    return status, {each["check"]: (each["ok"], each["text"]) for each in results}


def test_one_failed_check_fails_the_image(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that raises is a failure, with what it found; the others are made all the same."""
    status, said = run(capsys, monkeypatch, {"sum": ill})
    assert status == 1
    assert said == {"sum": (False, "one is not more than two"), "own": (True, "all is well")}


def test_what_cannot_be_checked_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a GPU does not fail the image, and does not pretend to have looked."""
    status, said = run(capsys, monkeypatch, {"gpu": absent})
    assert status == 0
    assert said["gpu"] == (True, "not checked: no GPU here")


def test_in_a_plain_environment_what_only_the_image_has_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--local`` leaves out what only a container has, and says so."""
    status, said = run(capsys, monkeypatch, {}, "--local")
    assert status == 0
    assert said == {"own": (True, "not checked: only the image has it")}


def test_some_checks_can_be_made_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever mends one thing need not wait for the others."""
    status, said = run(capsys, monkeypatch, {"sum": ill}, "--only", "own")
    assert (status, list(said)) == (0, ["own"])
