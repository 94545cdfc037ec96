"""Teachers tell their courses something, and everybody in them hears it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from crepre_hub.clock import Clock
from crepre_hub.courses.access import role_in
from crepre_hub.courses.announcements import Announcement
from crepre_hub.courses.course import Course
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.store.announcements import AnnouncementStore


@dataclass(frozen=True, slots=True)
class News:
    """An announcement with the title of its course."""

    title: str
    announcement: Announcement


class AnnouncementDesk:
    """Announcements of courses; each method may raise ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk, store: AnnouncementStore, clock: Clock) -> None:
        self._people = people
        self._store = store
        self._clock = clock

    def announce(self, course: Course, text: str, *, life: timedelta, by: str) -> Announcement:
        """Tell everybody in *course*, for as long as *life*."""
        now = self._clock()
        announcement = Announcement(secrets.token_hex(4), course.id, text, by, now, now + life)
        self._store.add(announcement)
        return announcement

    def of_course(self, course: Course) -> tuple[Announcement, ...]:
        """Those of *course* that are shown now, the newest first."""
        return self._store.counting([course.id], now=self._clock())

    def take_back(self, course: Course, announcement_id: str) -> bool:
        """Show one no more; whether there was one."""
        return self._store.take_back(course.id, announcement_id, now=self._clock())

    def for_user(self, user: HubUser) -> tuple[News, ...]:
        """What *user* is to hear: that of the courses that they are in or may use."""
        person = self._people.person(user.name, is_admin=user.is_admin)
        titles = {
            course.id: course.title
            for course in self._people.courses().values()
            if role_in(course, person) is not None
        }
        counting = self._store.counting(titles, now=self._clock()) if titles else ()
        return tuple(News(titles[each.course], each) for each in counting)
