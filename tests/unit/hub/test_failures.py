"""What a student reads when a start fails, and what stays in the log."""

from __future__ import annotations

import logging

import pytest
from jupyterhub.utils import format_exception

from crepre_hub.decisions import Refused
from crepre_hub.errors import (
    BackendError,
    DiskFull,
    DockerUnreachable,
    GpuNotGiven,
    HomeFull,
    ImageMissing,
    OutOfMemory,
    StartFailed,
    StartTimedOut,
)
from crepre_hub.hub.failures import ADVICE, OTHERWISE, failed, new_code, refused

INNER = "unix:///var/run/docker.sock: <b>Traceback</b>"
KNOWN = [
    ImageMissing, DockerUnreachable, OutOfMemory, StartTimedOut, HomeFull, DiskFull, GpuNotGiven,
]  # fmt: skip


@pytest.mark.parametrize("kind", KNOWN)
def test_each_known_failure_has_a_sentence_of_its_own(kind: type[BackendError]) -> None:
    """The student reads what it means for them, and a code."""
    told = failed(kind(INNER), who="ada")
    assert told.jupyterhub_message.startswith(ADVICE[kind.reason])
    assert told.code in told.jupyterhub_message
    assert told.reason == kind.reason


@pytest.mark.parametrize("error", [ValueError(INNER), StartFailed(INNER), BackendError(INNER)])
def test_every_other_failure_says_what_to_do(error: Exception) -> None:
    """The unknown is a sentence as well."""
    assert failed(error, who="ada").jupyterhub_message.startswith(OTHERWISE)


@pytest.mark.parametrize("kind", [*KNOWN, StartFailed, ValueError])
def test_no_text_of_the_log_reaches_a_student(kind: type[Exception]) -> None:
    """Neither the page, nor the progress, nor the form shows what the machine said."""
    told = failed(kind(INNER), who="ada")
    shown = [str(told), told.jupyterhub_message, told.jupyterhub_html_message, told.log_message]
    shown += [str(part) for part in format_exception(told)]
    assert not [text for text in shown if "docker.sock" in text or "Traceback" in text]


def test_the_log_has_code_person_reason_and_cause(caplog: pytest.LogCaptureFixture) -> None:
    """An admin who is told a code finds what happened."""
    with caplog.at_level(logging.ERROR, logger="crepre.start"):
        told = failed(ImageMissing("no image x:1"), who="ada")
    for part in (told.code, "ada", "image-missing", "no image x:1"):
        assert part in caplog.text


def test_a_refusal_is_the_rules_own_sentence(caplog: pytest.LogCaptureFixture) -> None:
    """Not allowed is 403, with what to do and a code that is in the log."""
    with caplog.at_level(logging.WARNING, logger="crepre.start"):
        told = refused(Refused("no-course", "You are in no course.", "Ask."), who="ada")
    assert told.status_code == 403
    assert told.jupyterhub_message == f"You are in no course. Ask. (Code {told.code})"
    assert told.code in caplog.text


def test_a_failure_is_told_as_one_of_the_machine() -> None:
    """Not the student's fault: 503."""
    assert failed(ImageMissing("x"), who="ada").status_code == 503


def test_sentences_for_students_are_calm() -> None:
    """No blame, no exclamation mark, no word of the machine room."""
    for text in (*ADVICE.values(), OTHERWISE):
        assert text.endswith(".")
        assert not [
            word for word in ("!", "rror", "xception", "ocker", "your fault") if word in text
        ]


def test_codes_are_read_out_without_mistakes() -> None:
    """Six characters, none of them like another, and no two codes alike."""
    codes = {new_code() for _ in range(1000)}
    assert len(codes) > 990
    assert all(len(code) == 6 for code in codes)
    assert not set("01OIL5S8B") & set("".join(codes)) - set("58")
