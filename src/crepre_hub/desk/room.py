"""The room: who of a course is at work, who is stuck, who has a hand up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from crepre_hub.clock import Clock
from crepre_hub.courses.access import role_in
from crepre_hub.courses.course import Course
from crepre_hub.courses.roles import Role
from crepre_hub.courses.room import HAND_UP_FOR, SeatState, Sight, is_up, seat_state
from crepre_hub.desk.course_page import CoursePageDesk, MemberRow
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.store.hands import HandStore

STATES = tuple(SeatState)


@dataclass(frozen=True, slots=True)
class Tile:
    """
    One member in the room.

    Attributes:
        hand_since: When the hand went up; None for one that is down.
    """

    row: MemberRow
    state: SeatState
    sight: Sight
    hand_since: datetime | None


@dataclass(frozen=True, slots=True)
class Hand:
    """A student's hand in one of their courses; *since* is None for one that is down."""

    course_id: str
    title: str
    since: datetime | None


class RoomDesk:
    """Answers and acts for the room; each method may raise ``StoreUnreachable``."""

    def __init__(
        self, people: PeopleDesk, page: CoursePageDesk, hands: HandStore, clock: Clock
    ) -> None:
        self._people = people
        self._page = page
        self._hands = hands
        self._clock = clock

    def tiles(
        self,
        course: Course,
        reader: HubUser,
        users: Iterable[HubUser],
        sight_of: Callable[[MemberRow], Sight],
    ) -> tuple[Tile, ...]:
        """Everybody but *reader*: hands first, in the order they went up, then who is stuck."""
        now = self._clock()
        up = self._hands.of_course(course.id)
        tiles = []
        for row in self._page.rows(course, reader, users):
            if row.user_name == reader.name:
                continue
            since = up.get(row.user_name)
            sight = sight_of(row)
            hand = since if since and is_up(since, now=now) else None
            tiles.append(Tile(row, seat_state(sight, now=now), sight, hand))
        return tuple(sorted(tiles, key=lambda tile: _order(tile, now)))

    def hands_of(self, user: HubUser) -> tuple[Hand, ...]:
        """The hand of *user* in each course that they are a student of."""
        now = self._clock()
        person = self._people.person(user.name, is_admin=user.is_admin)
        up = self._hands.of_person(user.name)
        return tuple(
            Hand(course.id, course.title, _if_up(up.get(course.id), now))
            for course in self._people.courses().values()
            if role_in(course, person) is Role.STUDENT
        )

    def is_member(self, course_id: str, user: HubUser) -> bool:
        """Whether *user* is in the course, or uses an open one."""
        course = self._people.courses().get(course_id)
        person = self._people.person(user.name, is_admin=user.is_admin)
        return course is not None and role_in(course, person) is not None

    def put_up(self, course_id: str, user: HubUser) -> None:
        """Raise the hand of *user*; may be repeated."""
        now = self._clock()
        self._hands.put_up(course_id, user.name, now=now, over=now - HAND_UP_FOR)

    def put_down(self, course_id: str, user_name: str) -> None:
        """Lower somebody's hand; may be repeated."""
        self._hands.put_down(course_id, user_name)


def _if_up(since: datetime | None, now: datetime) -> datetime | None:
    return since if since and is_up(since, now=now) else None


def _order(tile: Tile, now: datetime) -> tuple[bool, datetime, int, str]:
    at = STATES.index(tile.state)
    at += len(STATES) * (not tile.row.user_name)
    return tile.hand_since is None, tile.hand_since or now, at, tile.row.label.casefold()
