"""The course page: who is in a course, and their servers, for its teachers and assistants."""

from __future__ import annotations

from typing import Any

from jupyterhub import orm
from jupyterhub.user import User
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.courses.choose import OPTION
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.desk.course_page import CoursePageDesk, MemberRow
from crepre_hub.desk.visits import NOT_YOURS, VisitDesk
from crepre_hub.hub.course_pages import CoursePage, Seen
from crepre_hub.hub.course_staff import StaffHandler, hub_user
from crepre_hub.login.later import come_back_later

SAID = {"started": "The server is starting.", "stopped": "The server is stopping."}


class CourseHandler(StaffHandler):
    """``/hub/course/<id>`` and its two buttons."""

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """The members."""
        course = self.course_or_404(course_id)
        with come_back_later():
            page = self._page(course)
        await self.show("course.html", page)

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Start or stop one member's server, then show the page again."""
        course = self.course_or_404(course_id)
        action = self.get_body_argument("action", "")
        if action not in ("start", "stop"):
            raise web.HTTPError(400, "This page starts and stops servers, and nothing else.")
        with come_back_later():
            user = self._member(course)
        if action == "stop":
            await self._stop(user)
        else:
            await self._start(user, course)
        said = "started" if action == "start" else "stopped"
        self.redirect(self.address_of(course, query=f"done={said}"))

    def _member(self, course: Course) -> User:
        """The user whom the form names, if the reader may touch their server."""
        name = self.get_body_argument("user", "")
        user = self.find_user(name)
        if user is None:
            raise web.HTTPError(404)
        visits: VisitDesk = self.desks.visits
        desk: CoursePageDesk = self.desks.page
        rows = desk.rows(course, self.reader, [hub_user(user)])
        person = self.desks.people.person(self.reader.name, is_admin=self.reader.is_admin)
        is_member = any(row.user_name == user.name for row in rows)
        answer = visits.may_reach(person, hub_user(user), course)
        if not is_member or isinstance(answer, Refused) or user.name == self.reader.name:
            raise web.HTTPError(403, f"{NOT_YOURS.message} {NOT_YOURS.remedy}")
        return user

    async def _stop(self, user: User) -> None:
        if user.spawner.ready:
            await self.stop_single_user(user, "")

    async def _start(self, user: User, course: Course) -> None:
        if user.spawner.active:
            return
        profile = course.default_profile or next(iter(course.profiles))
        await self.spawn_single_user(user, "", options={OPTION: f"{course.id}/{profile}"})

    def _page(self, course: Course) -> CoursePage:
        users = self.app.standing.users()
        desk: CoursePageDesk = self.desks.page
        rows = desk.rows(course, self.reader, users.values())
        seen = self._last_seen()
        members = tuple(self._seen(row, seen) for row in rows)
        return CoursePage(
            frame=self.frame(course),
            members=members,
            running=sum(member.state == "running" for member in members),
            as_of=utc_now(),
            notice=SAID.get(self.get_query_argument("done", ""), ""),
        )

    def _last_seen(self) -> dict[str, Any]:
        rows = self.db.query(orm.User.name, orm.User.last_activity)
        return dict(tuple(row) for row in rows)

    def _seen(self, row: MemberRow, last_seen: dict[str, Any]) -> Seen:
        if not row.user_name:
            return Seen(row, "", None, "")
        user = self.users[row.user_name] if row.is_running else None
        state = state_of(user) if user else ""
        moment = last_seen.get(row.user_name) if row.may_reach else None
        return Seen(row, state, moment, f"{self.base_url}user/{url_escape_path(row.user_name)}/")


def state_of(user: User) -> str:
    """``starting``, ``stopping``, ``running``, or empty."""
    words = {"spawn": "starting", "stop": "stopping", "check": "starting"}
    spawner = user.spawner
    return words.get(spawner.pending or "", "running" if spawner.ready else "")
