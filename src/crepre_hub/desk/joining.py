"""Join links: made, revoked, and used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from crepre_hub.clock import Clock
from crepre_hub.courses.access import Person
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.links import FULL, ROLE, UNKNOWN, JoinLink, may_join
from crepre_hub.decisions import Refused
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.desk.rewrite import TRIES
from crepre_hub.errors import Busy, CourseError
from crepre_hub.secret import Secret
from crepre_hub.sentences import say
from crepre_hub.store.join_links import JoinLinkStore
from crepre_hub.store.rosters import RosterStore

ALPHABET = "23456789CFGHJMPQRVWX"
"""Digits and letters that are not taken for one another, and make no words."""

CODE_LENGTH = 20
"""86 bits: nobody guesses one, throttle or not."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code leads to: a course that may be joined."""

    link: JoinLink
    course: Course


class JoinDesk:
    """Answers who may join by a link; each method may raise ``StoreUnreachable``."""

    def __init__(
        self,
        people: PeopleDesk,
        links: JoinLinkStore,
        rosters: RosterStore,
        clock: Clock,
        choose: Callable[[str], str] = secrets.choice,
    ) -> None:
        self._people = people
        self._links = links
        self._rosters = rosters
        self._clock = clock
        self._choose = choose

    def make(
        self,
        course: Course,
        *,
        life: timedelta | None,
        seats: int | None,
        section: str = "",
        by: str = "",
    ) -> tuple[JoinLink, Secret]:
        """A new link, and its code, which is not kept and cannot be shown again."""
        now = self._clock()
        code = self._chosen(CODE_LENGTH)
        expires = now + life if life is not None else None
        link = JoinLink(
            self._chosen(6).lower(), course.id, now, expires, seats, section=section, by=by
        )
        self._links.add(link, code_hash=hash_of(code))
        return link, Secret("-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)))

    def links(self, course: Course) -> tuple[JoinLink, ...]:
        """The links of *course*, the oldest first."""
        return self._links.of_course(course.id)

    def revoke(self, course: Course, link_id: str) -> None:
        """Let nobody join by a link any more; whoever has, stays."""
        if not self._links.revoke(course.id, link_id, now=self._clock()):
            raise CourseError(
                f"{course.id} has no join link {link_id[:20]!r} to revoke.",
                remedy=f"See them: crepre roster join-link {course.id} --list",
            )

    def look(self, code: str, person: Person) -> Invitation | Refused:
        """What *code* would do for *person*; uses nothing up."""
        link = self._links.behind_code_or_none(hash_of(plain_code(code)))
        course = self._people.courses().get(link.course) if link else None
        today = self._people.today
        answer = may_join(link, course, person, now=self._clock(), today=today)
        if isinstance(answer, Refused):
            return answer
        return Invitation(link, course) if link and course else UNKNOWN

    def join(self, code: str, person: Person) -> Invitation | Refused:
        """Make *person* a student of the course behind *code*."""
        for _ in range(TRIES):
            answer = self.look(code, person)
            if isinstance(answer, Refused):
                return answer
            try:
                return answer if self._enrol(answer, person) else FULL
            except Busy:
                person = self._people.person(person.name, is_admin=person.is_admin)
        raise Busy(say("Many people are joining at this moment."), remedy=say("Try once more."))

    def _enrol(self, invitation: Invitation, person: Person) -> bool:
        course = invitation.course
        roster = self._rosters.roster(course.id)
        enrolment = Enrolment(
            course.id,
            Key(KeyKind.NAME, person.name),
            ROLE,
            Origin.LINK,
            since=self._clock(),
            section=invitation.link.section,
            by=invitation.link.id,
        )
        return self._links.use(invitation.link, roster, enrolment)

    def _chosen(self, length: int) -> str:
        return "".join(self._choose(ALPHABET) for _ in range(length))


def plain_code(typed: str) -> str:
    """A code as it was made, however somebody typed it: small letters, hyphens, blanks."""
    return "".join(letter for letter in typed[:100].upper() if letter in ALPHABET)


def hash_of(code: str) -> str:
    """What the database keeps of a code."""
    return hashlib.sha256(code.encode()).hexdigest()
