"""Mistakes about GPUs that a look at one file alone does not show."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import combinations

from crepre_hub.courses.course import Course
from crepre_hub.courses.gpus import KeptGpus
from crepre_hub.decisions import Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.booking import Request, reserve
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.reservations import Interval, weekly
from crepre_hub.settings.gpus import GpusSection
from crepre_hub.settings.problems import Problem, near_miss
from crepre_hub.units import format_memory

LAB_PATH = "gpus/cards"

MISTYPED = 0.85
"""So alike are two UUIDs that differ by a few letters; no two of NVIDIA's are by chance."""


def reservation_problems(file: str, course: Course) -> list[Problem]:
    """Reservations of *course* that name no profile with a GPU, or meet each other."""
    with_gpu = [key for key, profile in course.profiles.items() if profile.gpu is not None]
    problems = []
    for number, kept in enumerate(course.gpus.reservations):
        path = f"gpus/reservations/{number}"
        if kept.profile not in course.profiles:
            text = f"unknown profile {kept.profile!r}{near_miss(kept.profile, course.profiles)}"
            problems.append(Problem(file, f"{path}/profile", text))
        elif kept.profile not in with_gpu:
            text = f'the profile {kept.profile!r} has no GPU; give it one, such as gpu = "6 GiB"'
            problems.append(Problem(file, f"{path}/profile", text))
    for (one, first), (two, second) in combinations(enumerate(course.gpus.reservations), 2):
        if first.profile == second.profile and (day := _common_day(first, second)):
            text = f"overlaps with gpus/reservations/{one} on {day}; add its seats to that one"
            problems.append(Problem(file, f"gpus/reservations/{two}", text))
    return problems


def card_problems(file: str, section: GpusSection, gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """
    Cards in ``lab.toml`` whose UUID is that of one of *gpus*, mistyped.

    Any other that NVML does not find may have failed, and is no reason to keep the lab down.
    """
    here = _names(gpus)
    unnamed = sorted(here - {card.uuid for card in section.cards})
    for number, card in enumerate(section.cards):
        if _is_mistyped(card.uuid, section, gpus):
            known = f" (here: {', '.join(sorted(here))})"
            text = f"there is no GPU {card.uuid!r}{near_miss(card.uuid, unnamed)}{known}"
            yield Problem(file, f"{LAB_PATH}/{number}/uuid", text)


def too_large(course: Course, gpus: Sequence[Gpu]) -> tuple[str, ...]:
    """Profiles of *course* that ask for more than any of *gpus* has; none where there are none."""
    return tuple(
        key
        for key, profile in course.profiles.items()
        if gpus and profile.gpu is not None and not any(profile.gpu.on(gpu) for gpu in gpus)
    )


def missing_gpus(
    section: GpusSection, gpus: Sequence[Gpu], known: Iterable[Gpu]
) -> tuple[Gpu, ...]:
    """
    What the lab should have and is not among *gpus*, which NVML finds now.

    Args:
        known: As the lease book has them.

    Returns:
        A card of which only ``lab.toml`` knows is without a name, and maybe without memory.
    """
    here = _names(gpus)
    listed = {
        card.uuid: Gpu(card.uuid, "", card.memory or 0, section.tier_of(card.uuid))
        for card in section.cards
        if not _is_mistyped(card.uuid, section, gpus)
    }
    every = {**listed, **{gpu.uuid: gpu for gpu in known}}
    return tuple(gpu for uuid, gpu in every.items() if uuid not in here)


def _names(gpus: Iterable[Gpu]) -> set[str]:
    """UUIDs of *gpus*, and of the cards whose slices they are."""
    return {name for gpu in gpus for name in (gpu.uuid, gpu.parent) if name}


def _is_mistyped(uuid: str, section: GpusSection, gpus: Sequence[Gpu]) -> bool:
    here = _names(gpus)
    unnamed = here - {card.uuid for card in section.cards}
    return uuid not in here and bool(difflib.get_close_matches(uuid, unnamed, cutoff=MISTYPED))


def share_problems(courses: Iterable[Course], gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """Profiles that ask for more than any of *gpus* has."""
    for course in courses:
        for key in too_large(course, gpus):
            largest = max(gpus, key=lambda gpu: gpu.memory)
            has = f"the largest here has {format_memory(largest.memory)} ({largest.name})"
            text = f"asks for {course.profiles[key].gpu}, and {has}"
            yield Problem(_file(course), f"profiles/{key}/gpu", text)


def room_problems(
    courses: Iterable[Course], gpus: Sequence[Gpu], zone: tzinfo, now: datetime
) -> Iterator[Problem]:
    """Reservations that *gpus* have no room for, in the order of the courses."""
    book = Book.of(rules=GpusSection().rules(zone), gpus=gpus)
    for course in courses:
        for number, kept in enumerate(course.gpus.reservations):
            profile = course.profiles.get(kept.profile)
            intervals = intervals_of(kept, zone, now)
            if profile is None or profile.gpu is None or not intervals:
                continue
            series = f"{course.id}/{number}"
            asked = Request(series, course.id, profile.gpu, kept.seats, intervals)
            change = reserve(book, asked, now)
            book = change.book
            if isinstance(change.answer, Refused):
                text = f"{change.answer.message} {change.answer.remedy}".strip()
                yield Problem(_file(course), f"gpus/reservations/{number}", text)


def intervals_of(kept: KeptGpus, zone: tzinfo, now: datetime) -> tuple[Interval, ...]:
    """The lessons of *kept* that are not over yet."""
    every = weekly(Interval(*kept.first(zone)), kept.until or kept.day)
    return tuple(each for each in every if each.end > now)


def _common_day(one: KeptGpus, two: KeptGpus) -> date | None:
    """The first day on which both are, at a time that they have in common."""
    if not (one.starts < two.ends and two.starts < one.ends):
        return None
    days = _days(one) & _days(two)
    return min(days, default=None)


def _days(kept: KeptGpus) -> set[date]:
    noon = datetime(kept.day.year, kept.day.month, kept.day.day, 12, tzinfo=UTC)
    lessons = weekly(Interval(noon, noon + timedelta(hours=1)), kept.until or kept.day)
    return {each.start.date() for each in lessons}


def _file(course: Course) -> str:
    return f"courses/{course.id}.toml"
