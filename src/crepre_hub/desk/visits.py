"""Who may enter, start and stop somebody else's server, and the record of it."""

from __future__ import annotations

from crepre_hub.clock import Clock
from crepre_hub.courses.access import Person, enrolled_role
from crepre_hub.courses.course import Course
from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.courses.standing import may_reach
from crepre_hub.decisions import Decision, Granted, Refused
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.sentences import say
from crepre_hub.store.entries import Entry, EntryLog

SHOWN = 20

NOT_YOURS = Refused(
    "not-your-course",
    say("This server is not one of those that you may open."),
    say("While it runs for another course, or belongs to staff, only its owner and admins may."),
)


class VisitDesk:
    """Answers about servers of others; each method may raise ``StoreUnreachable``."""

    def __init__(self, people: PeopleDesk, log: EntryLog, clock: Clock) -> None:
        self._people = people
        self._log = log
        self._clock = clock

    def may_reach(self, actor: Person, owner: HubUser, course: Course) -> Decision:
        """Whether *actor* may open, start and stop the servers of *owner* in *course*."""
        if actor.is_admin:
            return Granted("admin of the lab")
        role = enrolled_role(course, actor)
        member = self._people.member(owner)
        if may_reach(course.id, role, member, is_open=course.open):
            return Granted(f"{role} of {course.id}")
        return NOT_YOURS

    def may_start_for(self, actor: HubUser, owner: HubUser, course_id: str) -> Decision:
        """Whether *actor* may start a server of *owner* for the course *course_id*."""
        if actor.name == owner.name:
            return Granted("own server")
        course = self._people.courses().get(course_id)
        person = self._people.person(actor.name, is_admin=actor.is_admin)
        idle = HubUser(owner.name, owner.is_admin)
        return self.may_reach(person, idle, course) if course else NOT_YOURS

    def note_entry(self, visitor: HubUser, owner: HubUser, server: str) -> Entry:
        """Write down that *visitor* has been let into a server of *owner*."""
        course_id = next(iter(owner.running)) if len(owner.running) == 1 else ""
        course = self._people.courses().get(course_id)
        person = self._people.person(visitor.name, is_admin=visitor.is_admin)
        role = enrolled_role(course, person) if course else None
        is_invited = any(
            each.owner == owner.name and each.guest == visitor.name
            for each in self._people.invitations()
        )
        entry = Entry(
            owner=owner.name,
            server=server,
            visitor=visitor.name,
            course=course_id,
            visitor_role=_as_what(role, is_admin=visitor.is_admin, is_invited=is_invited),
            at=self._clock(),
        )
        self._log.add(entry)
        return entry

    def visitors_of(self, owner: str) -> tuple[Entry, ...]:
        """Who came into the servers of *owner*, the newest first."""
        return self._log.latest(owner, at_most=SHOWN)


def _as_what(role: Role | None, *, is_admin: bool, is_invited: bool) -> str:
    """By which right somebody came in; an invitation counts where the course does not suffice."""
    if role in STAFF and role is not None:
        return role.value
    return "invited" if is_invited and not is_admin else "admin"
