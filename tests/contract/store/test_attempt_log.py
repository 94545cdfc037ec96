"""What every AttemptLog does, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from crepre_hub.store.attempts import Attempt, AttemptLog

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def log(engine: Engine) -> AttemptLog:
    return AttemptLog(engine)


def attempt(account: str, source: str, device: str | None = None, *, after: float = 0) -> Attempt:
    return Attempt(account, source, device, NOON + timedelta(seconds=after))


def test_attempts_near_one_share_its_account_or_its_source(log: AttemptLog) -> None:
    """Others, and those up to the moment, are left out; the rest comes oldest first."""
    same_account = attempt("ada", "there", "d", after=2)
    same_source = attempt("bob", "here", after=1)
    for each in (
        same_account,
        same_source,
        attempt("bob", "there", after=3),
        attempt("ada", "here", after=0),
    ):
        log.add(each)
    assert log.near(attempt("ada", "here", after=9), since=NOON) == (same_source, same_account)


def test_forgiving_reaches_one_account_in_one_place(log: AttemptLog) -> None:
    """Its attempts from the same source or device go; everything else stays."""
    others = [
        attempt("ada", "there", after=1),
        attempt("bob", "here", after=2),
        attempt("bob", "there", "d", after=3),
    ]
    for each in [*others, attempt("ada", "here", after=4), attempt("ada", "there", "d", after=5)]:
        log.add(each)
    log.forgive(attempt("ada", "here", "d"))
    left = {*log.near(attempt("ada", "here"), since=NOON)}
    left |= {*log.near(attempt("bob", "there"), since=NOON)}
    assert left == set(others)


@pytest.mark.parametrize("device", [None, "d"])
def test_one_attempt_is_withdrawn_alone(log: AttemptLog, device: str | None) -> None:
    """Those before and after it, from other places and of other devices, stay."""
    others = [
        attempt("ada", "here", device, after=1),
        attempt("ada", "here", device, after=3),
        attempt("ada", "there", device, after=2),
        attempt("ada", "here", "other", after=2),
        attempt("bob", "here", device, after=2),
    ]
    mine = attempt("ada", "here", device, after=2)
    for each in [*others, mine]:
        log.add(each)
    log.withdraw(mine)
    assert {*log.near(mine, since=NOON)} == {*others}


def test_what_is_over_is_removed(log: AttemptLog) -> None:
    """Up to the moment, itself included."""
    for after in (1, 2, 3):
        log.add(attempt("ada", "here", after=after))
    log.forget_until(NOON + timedelta(seconds=2))
    assert [each.at for each in log.near(attempt("ada", "x"), since=NOON)] == [
        NOON + timedelta(seconds=3)
    ]
