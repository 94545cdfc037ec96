"""The course page: who is in a course, and their servers, for its teachers and assistants."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from jupyterhub import orm
from jupyterhub.user import User
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.courses.choose import OPTION
from crepre_hub.courses.course import Course
from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Refused
from crepre_hub.desk.course_page import MemberRow
from crepre_hub.desk.visits import NOT_YOURS, VisitDesk
from crepre_hub.errors import CourseError, NotAllowed
from crepre_hub.hub.course_pages import CoursePage, Seen
from crepre_hub.hub.course_staff import TEACHERS_ONLY, StaffHandler, hub_user
from crepre_hub.hub.member_forms import Filter, key_in, may_remove, removal_of, wish_of
from crepre_hub.hub.running import doing
from crepre_hub.hub.said import said_of_click
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say, together

SAID = {
    "started": say("The server is starting."),
    "stopped": say("The server is stopping."),
    "added": say("They are in the course now."),
    "removed": say("They are not in the course any more."),
}


class CourseHandler(StaffHandler):
    """``/hub/course/<id>`` and its buttons."""

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """The members."""
        course = self.course_or_404(course_id)
        await self._show(course, notice=said_of_click(self, SAID))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Start or stop one member's server, add or remove members; then show the page again."""
        course = self.course_or_404(course_id)
        acts = {"start": self._start, "stop": self._stop, "add": self._add, "remove": self._remove}
        action = self._clicked()
        if action not in acts:
            text = say(
                "This page starts and stops servers, adds and removes members, and that is all."
            )
            raise web.HTTPError(400, text)
        try:
            with come_back_later():
                said = await acts[action](course)
        except (CourseError, NotAllowed) as error:
            self.set_status(400)
            await self._show(course, trouble=together(error.message, error.remedy))
        else:
            done = {"done": said, **self._filter.as_query()}
            self.redirect(self.address_of(course, query=urlencode(done)))

    # --- the buttons

    def _clicked(self) -> str:
        """A member's own two buttons bear the user name."""
        of_member = (each for each in ("start", "stop") if self.get_body_argument(each, ""))
        return next(of_member, self.get_body_argument("action", ""))

    async def _stop(self, course: Course) -> str:
        user = self._member(course, "stop")
        if user.spawner.ready:
            await self.stop_single_user(user, "")
        return "stopped"

    async def _start(self, course: Course) -> str:
        user = self._member(course, "start")
        if not user.spawner.active:
            profile = course.default_profile or next(iter(course.profiles))
            options = {OPTION: f"{course.id}/{profile}"}
            await self.spawn_single_user(user, "", options=options)
        return "started"

    async def _add(self, course: Course) -> str:
        given = self._given_or_403(course)
        names = ("who", "role", "section")
        wish = wish_of(course, **{name: self.get_body_argument(name, "") for name in names})
        self.desks.rosters.add_all(
            course,
            wish.keys,
            role=wish.role,
            section=wish.section,
            given=given,
            by=self.reader.name,
        )
        self.app.standing.look()
        return "added"

    async def _remove(self, course: Course) -> str:
        given = self._given_or_403(course)
        key = key_in(self.get_body_argument("who", ""))
        self.desks.rosters.remove_person(course, self.desks.people.keys_of(key), given=given)
        self.app.standing.look()
        return "removed"

    def _given_or_403(self, course: Course) -> frozenset[Role]:
        given = self.given_in(course)
        if not given:
            raise web.HTTPError(403, TEACHERS_ONLY)
        return given

    def _member(self, course: Course, button: str) -> User:
        """The user whom the *button* names, if the reader may touch their server."""
        user = self.find_user(self.get_body_argument(button))
        if user is None:
            raise web.HTTPError(404)
        visits: VisitDesk = self.desks.visits
        rows = self.desks.page.rows(course, self.reader, [hub_user(user)])
        person = self.desks.people.person(self.reader.name, is_admin=self.reader.is_admin)
        is_member = any(row.user_name == user.name for row in rows)
        answer = visits.may_reach(person, hub_user(user), course)
        if not is_member or isinstance(answer, Refused) or user.name == self.reader.name:
            raise web.HTTPError(403, together(NOT_YOURS.message, NOT_YOURS.remedy))
        return user

    # --- the page

    @property
    def _filter(self) -> Filter:
        """Whom the reader wants to see."""
        section, text = (self.get_query_argument(name, "") for name in ("section", "text"))
        return Filter(section[:80], text[:80])

    async def _show(self, course: Course, *, notice: str = "", trouble: str = "") -> None:
        with come_back_later():
            page = self._page(course, notice, trouble)
        await self.show("course.html", page)

    def _page(self, course: Course, notice: str, trouble: str) -> CoursePage:
        users = self.app.standing.users()
        rows = self.desks.page.rows(course, self.reader, users.values())
        given = self.given_in(course)
        seen = self._last_seen()
        wanted = self._filter
        shown = tuple(self._seen(row, seen, given) for row in rows if wanted.shows(row))
        return CoursePage(
            frame=self.frame(course),
            told_by=course.members_by,
            members=shown,
            count=len(rows),
            running=sum(row.is_running for row in rows),
            sections=tuple(sorted({row.section for row in rows} - {""})),
            filter=wanted,
            given=tuple(role for role in reversed(Role) if role in given),
            removal=removal_of(rows, self.get_query_argument("remove", ""), given),
            as_of=utc_now(),
            notice=notice,
            trouble=trouble,
        )

    def _last_seen(self) -> dict[str, datetime | None]:
        rows = self.db.query(orm.User.name, orm.User.last_activity)
        return {name: at and at.replace(tzinfo=UTC) for name, at in rows}

    def _seen(
        self, row: MemberRow, last_seen: dict[str, datetime | None], given: frozenset[Role]
    ) -> Seen:
        removable = may_remove(row, given)
        if not row.user_name:
            return Seen(row, "", None, "", removable)
        user = self.users[row.user_name] if row.is_running else None
        state = doing(user.spawner) if user else ""
        moment = last_seen.get(row.user_name) if row.may_reach else None
        url = f"{self.base_url}user/{url_escape_path(row.user_name)}/"
        return Seen(row, state, moment, url, removable)
