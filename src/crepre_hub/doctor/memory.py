"""Whether the machine's memory is enough for everybody at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.courses.course import Course
from crepre_hub.findings import Finding
from crepre_hub.units import format_memory


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """
    The machine's memory beside what people may ask for.

    Attributes:
        free_bytes: ``MemAvailable``: what programs may take without swapping.
        wishes: For each person in a course, the memory of the largest profile they may start.
        largest: Memory of the largest profile of all; 0 where there is none.
    """

    free_bytes: int
    wishes: tuple[int, ...]
    largest: int


def look_at_memory(courses: Iterable[Course]) -> MemoryFacts:
    """This machine's memory beside what *courses* may ask for."""
    return memory_facts(Path("/proc/meminfo").read_text(), courses)


def memory_facts(meminfo: str, courses: Iterable[Course]) -> MemoryFacts:
    """
    What is free beside what may be asked for.

    Args:
        meminfo: The text of ``/proc/meminfo``, whose ``kB`` are 1024 bytes.
        courses: Those on offer.

    Source: https://man7.org/linux/man-pages/man5/proc_meminfo.5.html
    """
    line = next(line for line in meminfo.splitlines() if line.startswith("MemAvailable:"))
    wishes: dict[str, int] = {}
    largest = 0
    for course in courses:
        most = max(profile.memory for profile in course.profiles.values())
        largest = max(largest, most)
        for person in (name for _, people in course.roles() for name in people):
            wishes[person] = max(most, wishes.get(person, 0))
    return MemoryFacts(int(line.split()[1]) * 1024, tuple(sorted(wishes.values())), largest)


def judge_memory(seen: MemoryFacts) -> Iterator[Finding]:
    """Profiles' limits are seldom used up, so too little is a warning."""
    if not seen.largest:
        yield Finding("skipped", "There is no profile to compare the machine's memory with.")
        return
    free, seats = format_memory(seen.free_bytes), seen.free_bytes // seen.largest
    largest = format_memory(seen.largest)
    if not seats:
        text = f"{free} of memory is free, and the largest profile has {largest}."
        yield Finding("warning", text, remedy=_LOWER)
    elif sum(seen.wishes) > seen.free_bytes:
        text = (
            f"{free} of memory is free; all {len(seen.wishes)} people at once may use"
            f" {format_memory(sum(seen.wishes))}. {seats} of the largest profile fit."
        )
        yield Finding("warning", text, remedy=_LOWER)
    else:
        text = f"{free} of memory is free: room for {seats} servers of {largest}."
        yield Finding("ok", text)


_LOWER = "Lower memory in the courses' profiles (crepre docs course), or add memory."
