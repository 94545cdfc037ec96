"""What two thousand students do with GPUs in a term: the same visits for every way of sharing."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crepre_hub.gpu.gpus import WHOLE, Gpu, Tier, Wish
from crepre_hub.gpu.reservations import Interval
from crepre_hub.gpu.rules import HOUR, MINUTE
from crepre_hub.units import MEMORY_UNITS

GIB = MEMORY_UNITS["GiB"]
MONDAY = datetime(2026, 8, 31, tzinfo=UTC)
SHARE = Wish(6 * GIB)


@dataclass(frozen=True, slots=True)
class World:
    """
    What is assumed of the lab and its people.

    Attributes:
        weeks: How long the term is.
        visits_a_week: How often a student needs a GPU outside lessons, on average.
        whole: Part of these visits that need a whole GPU.
        leaves_on: Part of the visits after which the server (or the sign-up) is left as it is.
        away: How long it then stays, on average, unless somebody or something ends it.
        sheet_hours: A sign-up ends by itself after this time.
        slower: How much longer work takes where a GPU is shared.
        gives_up: So long people wait in line, then they go.
        misses_offer: Part of offers that reach somebody who is not looking.
    """

    students: int = 2000
    courses: int = 24
    cards: int = 40
    shared_cards: int = 28
    weeks: int = 14
    visits_a_week: float = 1.8
    whole: float = 0.25
    work: timedelta = 70 * MINUTE
    leaves_on: float = 0.5
    away: timedelta = 2 * HOUR
    sheet_hours: timedelta = 8 * HOUR
    slower: float = 1.15
    gives_up: timedelta = 3 * HOUR
    misses_offer: float = 0.15
    lesson_places: int = 20
    no_show: float = 0.2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """
    Somebody sits down and needs a GPU.

    Attributes:
        work: How long they work if the GPU is theirs alone.
        stays_on: How long after their work they would hold what they have; 0 if they end it.
        reply: How long until they react to an offer; None if they do not.
        lesson: They came for a lesson, and go at its end.
    """

    id: str
    person: str
    course: str
    wish: Wish
    at: datetime
    work: timedelta
    stays_on: timedelta
    reply: timedelta | None
    lesson: Interval | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A course's hour in the room, with the places that its teacher has booked."""

    course: str
    interval: Interval
    places: int


def gpus(world: World) -> list[Gpu]:
    """The machines' cards, 24 GiB each."""
    return [
        Gpu(
            f"gpu{n:02}",
            "24 GiB",
            24 * GIB,
            Tier.SHARED if n < world.shared_cards else Tier.EXCLUSIVE,
        )
        for n in range(world.cards)
    ]


def lessons(world: World) -> list[Lesson]:
    """Each course once a week, between 8 and 18 on weekdays, two at a time at most."""
    slots = [(day, hour) for hour in (10, 14, 8, 12, 16) for day in range(5)]
    found = []
    for number in range(world.courses):
        day, hour = slots[number % len(slots)]
        for week in range(world.weeks):
            start = MONDAY + timedelta(weeks=week, days=day, hours=hour, minutes=15)
            interval = Interval(start, start + 105 * MINUTE)
            found.append(Lesson(f"course{number:02}", interval, world.lesson_places))
    return found


def visits(world: World) -> list[Visit]:
    """Everybody's visits, in the order in which they come."""
    chance = random.Random(world.seed)
    found = [*_free_visits(world, chance), *_lesson_visits(world, chance)]
    return sorted(found, key=lambda visit: (visit.at, visit.id))


def _free_visits(world: World, chance: random.Random) -> list[Visit]:
    """Most between 9 and 23; courses of different size; more before a deadline, every 4th week."""
    found = []
    size = [1 + 3 * (n % 4 == 0) + 2 * (n % 3 == 0) for n in range(world.courses)]
    names = [f"course{n:02}" for n in range(world.courses)]
    home = chance.choices(names, weights=size, k=world.students)
    for student in range(world.students):
        course = home[student]
        for week in range(world.weeks):
            rush = 2.0 if (week + int(course[-2:])) % 4 == 3 else 0.7
            for number in range(_poisson(chance, world.visits_a_week * rush)):
                day = chance.choices(range(7), weights=(5, 5, 5, 5, 4, 2, 3))[0]
                hour = min(23.5, max(7.0, chance.gauss(15.0, 3.8)))
                at = MONDAY + timedelta(weeks=week, days=day, hours=hour)
                wish = WHOLE if chance.random() < world.whole else SHARE
                name = f"v{student:04}-{week:02}-{number}"
                visit = _visit(
                    world, chance, name=name, student=student, course=course, at=at, wish=wish
                )
                found.append(visit)
    return found


def _lesson_visits(world: World, chance: random.Random) -> list[Visit]:
    found = []
    for number, lesson in enumerate(lessons(world)):
        for seat in range(lesson.places):
            if chance.random() < world.no_show:
                continue
            at = lesson.interval.start + timedelta(minutes=chance.uniform(-6, 9))
            visit = _visit(
                world,
                chance,
                name=f"w{number:04}-{seat:02}",
                student=90000 + number * 100 + seat,
                course=lesson.course,
                at=at,
                wish=SHARE,
            )
            work = lesson.interval.end - at
            found.append(replace(visit, work=work, lesson=lesson.interval))
    return found


def _visit(
    world: World,
    chance: random.Random,
    *,
    name: str,
    student: int,
    course: str,
    at: datetime,
    wish: Wish,
) -> Visit:
    work = world.work * min(6.0, max(0.15, chance.lognormvariate(0.0, 0.7)))
    stays_on = world.away * chance.expovariate(1.0)
    stays_on = stays_on if chance.random() < world.leaves_on else timedelta(0)
    reply = timedelta(seconds=chance.uniform(5, 120))
    misses = chance.random() < world.misses_offer
    return Visit(
        name, f"s{student:05}", course, wish, at, work, stays_on, None if misses else reply
    )


def _poisson(chance: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
