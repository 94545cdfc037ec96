"""First come, first served, whole GPUs, no leases: a sign-up sheet with a perfect line."""

from __future__ import annotations

import heapq
from collections import deque
from datetime import datetime, timedelta

from bench.term_outcome import Outcome
from bench.term_people import Visit, World

HOUR = timedelta(hours=1)


class Sheet:
    """
    Whoever is first gets the next card and holds it until they let go of it.

    It is told the best of: nobody has to look whether a card is free, the next in line begins
    the moment it is, and nobody misses their turn. After eight hours a sign-up is over.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.free = world.cards
        self.line: deque[Visit] = deque()
        self.ends: list[tuple[datetime, str]] = []
        self.outcome = Outcome()

    def play(self, everybody: list[Visit]) -> Outcome:
        """The term."""
        for visit in everybody:
            self._until(visit.at)
            self.line.append(visit)
            self._serve(visit.at)
        while self.ends:
            self._until(self.ends[0][0])
        return self.outcome

    def _until(self, now: datetime) -> None:
        while self.ends and self.ends[0][0] <= now:
            moment, _ = heapq.heappop(self.ends)
            self.free += 1
            self._serve(moment)

    def _serve(self, now: datetime) -> None:
        while self.line and self.free:
            visit = self.line.popleft()
            waited = min(now, self._goes_at(visit))
            self.outcome.waited(visit, visit.at, waited)
            if waited < now:
                self.outcome.gave_up.add(visit.id)
                continue
            self._begin(visit, now)

    def _goes_at(self, visit: Visit) -> datetime:
        """When they stop waiting."""
        late = visit.at + self.world.gives_up
        return min(late, visit.lesson.end) if visit.lesson else late

    def _begin(self, visit: Visit, now: datetime) -> None:
        self.free -= 1
        work = min(visit.work, self.world.sheet_hours)
        if visit.lesson:
            work = max(timedelta(0), visit.lesson.end - now)
        held = min(work + visit.stays_on, self.world.sheet_hours)
        heapq.heappush(self.ends, (now + held, visit.id))
        self.outcome.worked[visit.id] += work / HOUR
        self.outcome.held += held / HOUR
        self.outcome.at_work += work / HOUR
