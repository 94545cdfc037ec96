"""What became of the visits of a term."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import mean

from bench.term_people import Visit, World


@dataclass
class Outcome:
    """
    Of one way of sharing.

    Attributes:
        waits: Minutes in line, by visit; all turns in line of a visit together.
        worked: Hours of work done, by visit.
        gave_up: Visits that went with their work undone.
        held: Card hours that somebody held, memory counting by its part.
        at_work: Of these, those in which the holder was at work.
    """

    waits: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    worked: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    gave_up: set[str] = field(default_factory=set)
    held: float = 0.0
    at_work: float = 0.0
    broken: list[str] = field(default_factory=list)
    looked: int = 0
    decisions: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def waited(self, visit: Visit, since: datetime, until: datetime) -> None:
        """*visit* was in line."""
        self.waits[visit.id] += (until - since) / timedelta(minutes=1)


@dataclass(frozen=True)
class Figures:
    """One line of the report. Waits in minutes."""

    mean_wait: float
    p95_wait: float
    lesson_mean: float
    lesson_p95: float
    at_once: float
    gave_up: float
    work_done: float
    held: float
    at_work: float
    jain: float


def figures(outcome: Outcome, everybody: list[Visit], world: World) -> Figures:
    """
    What one can say of *outcome*.

    A visit that gave up counts with the time it had waited. Hours of the day from 8 to 24 are what
    the lab could have lent.
    """
    free = [visit for visit in everybody if visit.lesson is None]
    class_ = [visit for visit in everybody if visit.lesson is not None]
    waits = sorted(outcome.waits.get(visit.id, 0.0) for visit in free)
    in_class = sorted(outcome.waits.get(visit.id, 0.0) for visit in class_)
    open_hours = world.cards * world.weeks * 7 * 16
    wanted = sum(visit.work / timedelta(hours=1) for visit in everybody)
    return Figures(
        mean(waits),
        _at(waits, 0.95),
        mean(in_class),
        _at(in_class, 0.95),
        sum(wait < 1 for wait in waits) / len(waits),
        len(outcome.gave_up) / len(everybody),
        sum(outcome.worked.values()) / wanted,
        outcome.held / open_hours,
        outcome.at_work / outcome.held if outcome.held else 0.0,
        jain(list(service(outcome, everybody).values())),
    )


def service(outcome: Outcome, everybody: list[Visit]) -> dict[str, float]:
    """Of the hours of work for which each course's people came, the part that they could do."""
    wanted: dict[str, float] = defaultdict(float)
    done: dict[str, float] = defaultdict(float)
    for visit in everybody:
        wanted[visit.course] += visit.work / timedelta(hours=1)
        done[visit.course] += outcome.worked.get(visit.id, 0.0)
    return {course: done[course] / wanted[course] for course in sorted(wanted)}


def course_waits(outcome: Outcome, everybody: list[Visit]) -> dict[str, tuple[float, float]]:
    """Mean and p95 of minutes in line, by course, outside lessons."""
    mine: dict[str, list[float]] = defaultdict(list)
    for visit in everybody:
        if visit.lesson is None:
            mine[visit.course].append(outcome.waits.get(visit.id, 0.0))
    return {name: (mean(all_), _at(sorted(all_), 0.95)) for name, all_ in sorted(mine.items())}


def jain(values: list[float]) -> float:
    """Jain's index: 1 if all get the same, 1/n if one gets all. Source: DEC-TR-301 (1984)."""
    total = sum(values)
    return total * total / (len(values) * sum(value * value for value in values))


def _at(ordered: list[float], part: float) -> float:
    return ordered[round(part * (len(ordered) - 1))]
