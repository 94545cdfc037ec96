"""Who somebody is in the lab's courses, from the course files and the rosters together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crepre_hub.clock import Clock, utc_now
from crepre_hub.courses.access import Person, enrolled_role
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.identity import Identity
from crepre_hub.courses.invitation import Invitation
from crepre_hub.courses.keys import Key, KeyKind, id_key
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange
from crepre_hub.courses.rule_change import plan_rules
from crepre_hub.courses.standing import Member, Standing, standing_of
from crepre_hub.desk.rewrite import rewrite
from crepre_hub.settings.live import LiveCourses
from crepre_hub.store.invitations import InvitationStore
from crepre_hub.store.rosters import KnownPerson, RosterStore
from crepre_hub.store.terms import TermStore

LONGEST_ID_KEY = 600
"""In characters, as in the tables; nobody is found by a longer one."""


@dataclass(frozen=True, slots=True)
class HubUser:
    """
    A user as the hub knows them.

    Attributes:
        running: As in ``standing.Member``.
    """

    name: str
    is_admin: bool
    running: frozenset[str] = frozenset()


class PeopleDesk:
    """
    Answers who is what; each method may raise ``StoreUnreachable``.

    While the database does not answer nobody is taken for a member by an older answer.
    """

    def __init__(
        self,
        courses: LiveCourses,
        store: RosterStore,
        terms: TermStore,
        invited: InvitationStore,
        clock: Clock = utc_now,
    ) -> None:
        self._courses = courses
        self._store = store
        self._terms = terms
        self._invited = invited
        self._clock = clock
        self._welcomed = 0

    @property
    def today(self) -> date:
        """The day in the machine's time zone, which is the lab's."""
        return self._clock().astimezone().date()

    @property
    def now(self) -> datetime:
        """This moment."""
        return self._clock()

    def courses(self) -> Mapping[str, Course]:
        """The courses that count now, by id, in the order of their files."""
        switches = self._terms.switches()
        courses = self._courses.shelf().courses
        return {course.id: course.with_switch(switches.get(course.id)) for course in courses}

    def person(self, name: str, *, is_admin: bool) -> Person:
        """Somebody who is logged in under *name*."""
        known = self._store.person_or_none(name)
        keys = known.keys if known else frozenset({Key(KeyKind.NAME, name)})
        mine = self._store.counting_for(keys, now=self._clock())
        return Person(name, is_admin, keys, mine)

    def keys_of(self, key: Key) -> frozenset[Key]:
        """Everything by which lists may know whoever has *key*, as the last login proved it."""
        known = self._store.person_or_none(key.text) if key.kind is KeyKind.NAME else None
        return frozenset({key}) | (known.keys if known else frozenset())

    def enrolments(self) -> tuple[Enrolment, ...]:
        """Everybody's that count now, but for those of the course files."""
        return self._store.all_counting(now=self._clock())

    def roles(self) -> tuple[tuple[str, Key, Role], ...]:
        """The same as course, key and role."""
        return self._store.roles_counting(now=self._clock())

    def enrolments_of(self, keys: Collection[Key]) -> tuple[Enrolment, ...]:
        """The same of whoever has *keys*, without a look at anybody else's."""
        return self._store.counting_for(keys, now=self._clock())

    def people(
        self, users: Iterable[HubUser], enrolments: Iterable[Enrolment]
    ) -> dict[str, Person]:
        """Who *users* are by *enrolments*, which are everybody's; by name."""
        known = {each.name: each.keys for each in self._store.all_people()}
        by_key: dict[Key, list[Enrolment]] = defaultdict(list)
        for each in enrolments:
            by_key[each.key].append(each)
        people = {}
        for user in users:
            keys = known.get(user.name, frozenset({Key(KeyKind.NAME, user.name)}))
            mine = tuple(each for key in keys for each in by_key.get(key, ()))
            people[user.name] = Person(user.name, user.is_admin, keys, mine)
        return people

    def members(self, users: Iterable[HubUser]) -> tuple[Member, ...]:
        """*users* with what they are in each course."""
        everyone = tuple(users)
        return self.members_of(everyone, self.people(everyone, self.enrolments()))

    def members_of(
        self, users: Iterable[HubUser], people: Mapping[str, Person]
    ) -> tuple[Member, ...]:
        """The same for whoever has *people* already."""
        courses = tuple(self.courses().values())
        return tuple(_member(user, people[user.name], courses) for user in users)

    def member(self, user: HubUser) -> Member:
        """*user* with what they are in each course."""
        person = self.person(user.name, is_admin=user.is_admin)
        return _member(user, person, tuple(self.courses().values()))

    def standing(self, users: Iterable[HubUser]) -> Standing:
        """What JupyterHub is to know of *users*."""
        return self._standing(self.members(users))

    def standing_of_one(self, user: HubUser) -> Standing:
        """The same for one *user*, without a look at anybody else."""
        return self._standing([self.member(user)])

    def _standing(self, members: Iterable[Member]) -> Standing:
        courses = {course.id: course.open for course in self.courses().values()}
        return standing_of(courses, members, self.invitations())

    def invitations(self) -> tuple[Invitation, ...]:
        """Those that count now."""
        return self._invited.live(now=self._clock())

    def mark(self) -> object:
        """Something that differs once anything here may have; enrolments end by the minute."""
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        courses = self._courses.shelf().courses
        versions = tuple(sorted(self._store.versions().items()))
        invited = tuple(each.id for each in self.invitations())
        return minute, courses, versions, invited, self._welcomed

    def listed_names(self) -> frozenset[str]:
        """User names in any list: whoever took one by signing up would be that person."""
        files = (key for course in self.courses().values() for key in course.listed)
        rosters = (each.key for each in self.enrolments())
        keys = (*files, *rosters)
        return frozenset(key.text for key in keys if key.kind is KeyKind.NAME)

    def welcome(self, identity: Identity) -> None:
        """Somebody has logged in: keep who they are, and apply the courses' rules to them."""
        now = self._clock()
        stable = id_key(identity.issuer, identity.subject).text
        known = KnownPerson(
            name=identity.name,
            id_key=stable if len(stable) <= LONGEST_ID_KEY else None,
            email=identity.email,
            display_name=identity.display_name,
            seen_at=now,
        )
        self._store.note_person(known)
        self._welcomed += 1
        mine = self._store.of_origin([Key(KeyKind.NAME, identity.name)], Origin.RULE)
        by_rule = {each.course for each in mine if each.counts(now=now)}
        for course in self.courses().values():
            if course.rules or course.id in by_rule:
                self._apply_rules(course, identity, now)

    def _apply_rules(self, course: Course, identity: Identity, now: datetime) -> None:
        key = Key(KeyKind.NAME, identity.name)

        def plan(enrolments: Iterable[Enrolment]) -> RosterChange:
            mine = next((e for e in enrolments if e.key == key and e.origin is Origin.RULE), None)
            return plan_rules(course, identity, mine, moment=now)

        rewrite(self._store, course.id, plan)


def _member(user: HubUser, person: Person, courses: Iterable[Course]) -> Member:
    roles = {
        course.id: role for course in courses if (role := enrolled_role(course, person)) is not None
    }
    return Member(user.name, user.is_admin, roles, user.running)
