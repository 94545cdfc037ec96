"""What every RunLog and InvitationStore does, on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from crepre_hub.courses.invitation import Invitation
from crepre_hub.store.invitations import InvitationStore
from crepre_hub.store.runs import RunLog
from crepre_hub.usage.sessions import Run

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUN = Run("ada", "", "music", "small", NOON, NOON)


@pytest.fixture
def runs(engine: Engine) -> RunLog:
    return RunLog(engine)


@pytest.fixture
def invitations(engine: Engine) -> InvitationStore:
    return InvitationStore(engine)


def latest(runs: RunLog) -> Run:
    (only,) = runs.of("ada", since=NOON)
    return only


def test_a_run_is_written_once(runs: RunLog) -> None:
    """However often it is told of, by whichever way."""
    runs.begin(RUN)
    runs.begin(RUN)
    runs.keep([RUN], now=NOON + MINUTE)
    assert latest(runs) == replace(RUN, seen_at=NOON + MINUTE)
    runs.end("ada", "", now=NOON + 2 * MINUTE)
    ended = replace(RUN, seen_at=NOON + 2 * MINUTE, stopped_at=NOON + 2 * MINUTE)
    runs.begin(RUN)
    runs.keep([RUN], now=NOON + 3 * MINUTE)
    runs.end("ada", "", now=NOON + 4 * MINUTE)
    assert latest(runs) == ended


def test_whoever_ran_a_server_of_a_course_is_known(runs: RunLog) -> None:
    """However often, and whether or not it runs still."""
    others = [replace(RUN, started_at=NOON - MINUTE), replace(RUN, owner="bo", course="art")]
    for run in (RUN, *others):
        runs.begin(run)
    runs.end("ada", "", now=NOON + MINUTE)
    assert runs.owners_in("music") == {"ada"}
    assert runs.owners_in("nil") == frozenset()


def test_a_run_that_nobody_told_of_is_found(runs: RunLog) -> None:
    """Say the database did not answer when it began."""
    runs.keep([RUN], now=NOON + MINUTE)
    assert latest(runs) == replace(RUN, seen_at=NOON + MINUTE)


def test_a_run_whose_end_nobody_saw_ended_when_it_was_last_seen(runs: RunLog) -> None:
    """Not when it was missed: the machine may have been off for a week."""
    runs.begin(RUN)
    runs.keep([RUN], now=NOON + MINUTE)
    again = replace(RUN, started_at=NOON + 60 * MINUTE)
    runs.keep([again, replace(RUN, owner="bo")], now=NOON + 61 * MINUTE)
    newest, old = runs.of("ada", since=NOON)
    assert (old.stopped_at, newest.stopped_at) == (NOON + MINUTE, None)
    assert [run.owner for run in runs.of("bo", since=NOON)] == ["bo"]


def test_runs_from_before_are_left_out(runs: RunLog) -> None:
    """What was over, and what was seen last, before a moment."""
    runs.begin(RUN)
    runs.end("ada", "", now=NOON + MINUTE)
    assert runs.of("ada", since=NOON + MINUTE) != ()
    assert runs.of("ada", since=NOON + 2 * MINUTE) == ()


def test_invitations_are_read_while_they_count(invitations: InvitationStore) -> None:
    """As they were written; no more once they have ended, or were taken back by their owner."""
    one = Invitation("a1", "stu", "asa", "music", NOON, NOON + MINUTE)
    two = Invitation("b2", "sam", "asa", "music", NOON + MINUTE / 2, NOON + 2 * MINUTE)
    invitations.add(one)
    invitations.add(two)
    assert invitations.live(now=NOON) == (one, two)
    assert invitations.live(now=NOON + MINUTE) == (two,)
    assert not invitations.revoke("stu", "b2", now=NOON)
    assert invitations.revoke("sam", "b2", now=NOON)
    assert not invitations.revoke("sam", "b2", now=NOON)
    assert invitations.live(now=NOON) == (one,)
