"""The desks about courses and their people, put together on files and a database."""

from __future__ import annotations

from functools import cached_property

from crepre_hub.clock import Clock, utc_now
from crepre_hub.desk.announcing import AnnouncementDesk
from crepre_hub.desk.course_page import CoursePageDesk
from crepre_hub.desk.inviting import InviteDesk
from crepre_hub.desk.joining import JoinDesk
from crepre_hub.desk.lab_overview import LabDesk
from crepre_hub.desk.my_page import MyPageDesk
from crepre_hub.desk.people import PeopleDesk
from crepre_hub.desk.room import RoomDesk
from crepre_hub.desk.roster_file import RosterFileDesk
from crepre_hub.desk.rosters import RosterDesk
from crepre_hub.desk.terms import TermDesk
from crepre_hub.desk.usage import UsageDesk
from crepre_hub.desk.visits import VisitDesk
from crepre_hub.settings.live import LiveCourses
from crepre_hub.store.course_stores import CourseStores


class CourseDesks:
    """Each is made when it is first asked for; the hub and the command line have the same."""

    def __init__(self, courses: LiveCourses, stores: CourseStores, clock: Clock = utc_now) -> None:
        self._courses = courses
        self._stores = stores
        self._clock = clock

    @property
    def clock(self) -> Clock:
        """What time it is."""
        return self._clock

    @property
    def stores(self) -> CourseStores:
        """What the lab remembers."""
        return self._stores

    @cached_property
    def people(self) -> PeopleDesk:
        """Who is what in which course."""
        stores = self._stores
        return PeopleDesk(
            self._courses, stores.rosters, stores.terms, stores.invitations, self._clock
        )

    @cached_property
    def rosters(self) -> RosterDesk:
        """Changes who is in a course."""
        return RosterDesk(self.people, self._stores.rosters, self._clock)

    @cached_property
    def terms(self) -> TermDesk:
        """Opens and closes courses by hand."""
        return TermDesk(self._stores.terms, self._clock)

    @cached_property
    def roster_files(self) -> RosterFileDesk:
        """Files that are looked at before they change who is in a course."""
        return RosterFileDesk(self.rosters, self._clock)

    @cached_property
    def joining(self) -> JoinDesk:
        """Join links."""
        links, rosters = self._stores.links, self._stores.rosters
        return JoinDesk(self.people, links, rosters, self._clock)

    @cached_property
    def visits(self) -> VisitDesk:
        """Who may enter somebody else's server, and who has."""
        return VisitDesk(self.people, self._stores.entries, self._clock)

    @cached_property
    def inviting(self) -> InviteDesk:
        """Whom students let in."""
        return InviteDesk(self.people, self._stores.invitations, self._clock)

    @cached_property
    def usage(self) -> UsageDesk:
        """How long servers ran."""
        return UsageDesk(self._stores.runs, self._clock)

    @cached_property
    def mine(self) -> MyPageDesk:
        """What everybody sees of their own courses."""
        return MyPageDesk(self.people, self._stores.rosters)

    @cached_property
    def room(self) -> RoomDesk:
        """Who is at work, stuck, or has a hand up."""
        return RoomDesk(self.people, self.page, self._stores.hands, self._clock)

    @cached_property
    def announcements(self) -> AnnouncementDesk:
        """What teachers tell their courses."""
        return AnnouncementDesk(self.people, self._stores.announcements, self._clock)

    @cached_property
    def lab(self) -> LabDesk:
        """What admins see of the whole lab."""
        return LabDesk(self.people, self._courses, self._stores.directory)

    @cached_property
    def page(self) -> CoursePageDesk:
        """What the staff of a course see."""
        return CoursePageDesk(self.people)
