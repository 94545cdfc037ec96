"""The doctor's report for a page, and what happened lately."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from crepre_hub.decisions import Refused
from crepre_hub.doctor.run import Examined
from crepre_hub.hub.examination import FRESH, NOT_AGAIN_WITHIN, Examination
from crepre_hub.hub.failures import refused
from crepre_hub.hub.recent import KEPT, LOOK_BACK, STARTS, Recent
from tests.hand_clock import NOON, HandClock

MOMENT = timedelta(seconds=1)


class Doctor:
    """Looks when it is let, and counts."""

    def __init__(self) -> None:
        self.looks = 0
        self.threads: set[int] = set()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> tuple[Examined, ...]:
        self.looks += 1
        self.threads.add(threading.get_ident())
        assert self.may_end.wait(10)
        return (Examined(f"look-{self.looks}", "", ()),)


async def told(examination: Examination, *, now: bool = False) -> str:
    """The report's only check; empty for none."""
    report = await examination.report(now=now)
    return report.examined[0].name if report else ""


async def test_a_fresh_report_is_shown_again() -> None:
    """Many readers cost one look; a minute later the next one does; none is on the event loop."""
    doctor, clock = Doctor(), HandClock()
    examination = Examination(doctor, clock)
    assert [await told(examination) for _ in range(3)] == ["look-1"] * 3
    clock.now += FRESH
    assert await told(examination) == "look-1"
    clock.now += MOMENT
    assert await told(examination) == "look-2"
    assert threading.get_ident() not in doctor.threads


async def test_a_click_looks_again_but_not_without_end() -> None:
    """A report of this moment is new enough for whoever clicks twice."""
    doctor, clock = Doctor(), HandClock()
    examination = Examination(doctor, clock)
    assert [await told(examination, now=True) for _ in range(3)] == ["look-1"] * 3
    clock.now += NOT_AGAIN_WITHIN + MOMENT
    assert await told(examination) == "look-1"
    assert await told(examination, now=True) == "look-2"


async def test_a_slow_look_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its readers get what there is, none begins another, and the next ones get its report."""
    monkeypatch.setattr("crepre_hub.hub.examination.PATIENCE_SECONDS", 0.01)
    doctor = Doctor()
    doctor.may_end.clear()
    examination = Examination(doctor, HandClock())
    assert await asyncio.gather(*(told(examination, now=True) for _ in range(5))) == [""] * 5
    assert (examination.is_under_way, doctor.looks) == (True, 1)
    doctor.may_end.set()
    async with asyncio.timeout(10):
        while not await told(examination):
            pass
    assert (await told(examination), examination.is_under_way, doctor.looks) == ("look-1", False, 1)


async def test_a_doctor_who_fails_is_asked_again() -> None:
    """One failure is not the end of all reports."""
    answers = iter([RuntimeError("no"), ()])

    def look() -> tuple[Examined, ...]:
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    examination = Examination(look, HandClock())
    assert await examination.report() is None
    report = await examination.report()
    assert report is not None
    assert report.at == NOON


def test_what_happened_lately_is_the_newest_first() -> None:
    """The last day's, and no more than a page of them; afterwards nothing is heard."""
    clock = HandClock()
    recent = Recent(clock)
    recent.listen()
    recent.listen()
    code = refused(Refused("full", "No.", ""), who="ada").code
    clock.now = NOON + LOOK_BACK
    recent.note("lost")
    assert [each.text for each in recent.lately()] == ["lost"]
    clock.now = NOON + LOOK_BACK - MOMENT
    assert recent.lately()[-1].text == f"{code}: start of ada refused: full"
    assert len(recent.lately()) == 2
    for number in range(KEPT + 5):
        recent.note(str(number))
    assert [each.text for each in recent.lately()] == [str(n) for n in range(KEPT + 4, 4, -1)]
    recent.stop()
    refused(Refused("full", "No.", ""), who="bo")
    assert recent.lately()[0].text == str(KEPT + 4)
    assert recent not in STARTS.filters
