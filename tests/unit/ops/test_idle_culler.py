"""The idle culler's log."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator

import pytest

from crepre_hub.ops.idle_culler import tidy_logs


@pytest.fixture
def record_factory() -> Iterator[None]:
    """Logging as it was, after the test."""
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


def test_a_secret_is_never_logged(record_factory: None, caplog: pytest.LogCaptureFixture) -> None:
    """A callback whose arguments hold the secret is logged with stars in its place."""
    tidy_logs("c4729ee9")
    logging.getLogger("tornado").error("in %r", functools.partial(print, token="c4729ee9"))
    assert "c4729ee9" not in caplog.text
    assert "token='********'" in caplog.text


def test_an_absent_hub_is_one_line(record_factory: None, caplog: pytest.LogCaptureFixture) -> None:
    """A call that a hub does not take is logged without a stack trace."""
    tidy_logs("")
    away = ConnectionRefusedError(111, "Connection refused")
    logging.getLogger("tornado").error("in %r", functools.partial(print), exc_info=away)
    assert "The hub does not answer" in caplog.text
    assert "Traceback" not in caplog.text
