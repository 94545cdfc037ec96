"""The course page: who is in a course, and their servers, for its teachers and assistants."""

from __future__ import annotations

from typing import Any

from jupyterhub import orm
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.courses.choose import OPTION
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.desk.course_page import CoursePageDesk, MemberRow
from crepre_hub.desk.people import HubUser
from crepre_hub.desk.visits import NOT_YOURS, VisitDesk
from crepre_hub.hub.course_pages import CoursePage, Seen
from crepre_hub.hub.running import running_of
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

SAID = {"started": say("The server is starting."), "stopped": say("The server is stopping.")}


class CourseHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/course/<id>`` and its two buttons."""

    @property
    def reader(self) -> HubUser:
        """Who is logged in."""
        return hub_user(self.current_user)

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """The members."""
        with come_back_later():
            course = self._course(course_id)
            page = self._page(course)
        self.finish(await self.render_template("course.html", page=page))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Start or stop one member's server, then show the page again."""
        with come_back_later():
            course = self._course(course_id)
            user = self._member(course)
        action = self.get_body_argument("action", "")
        if action == "stop":
            await self._stop(user)
        elif action == "start":
            await self._start(user, course)
        else:
            raise web.HTTPError(400, say("This page starts and stops servers, and nothing else."))
        said = "started" if action == "start" else "stopped"
        self.redirect(f"{self.hub.base_url}course/{course.id}?done={said}")

    def _course(self, course_id: str) -> Course:
        desk: CoursePageDesk = self.app.course_page()
        course = desk.course_or_none(course_id, self.reader)
        if course is None:
            raise web.HTTPError(404)
        return course

    def _member(self, course: Course) -> User:
        """The user whom the form names, if the reader may touch their server."""
        name = self.get_body_argument("user", "")
        user = self.find_user(name)
        if user is None:
            raise web.HTTPError(404)
        visits: VisitDesk = self.app.visits()
        desk: CoursePageDesk = self.app.course_page()
        rows = desk.rows(course, self.reader, [hub_user(user)])
        person = self.app.people().person(self.reader.name, is_admin=self.reader.is_admin)
        is_member = any(row.user_name == user.name for row in rows)
        answer = visits.may_reach(person, hub_user(user), course)
        if not is_member or isinstance(answer, Refused) or user.name == self.reader.name:
            raise web.HTTPError(403, NOT_YOURS.whole)
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
        desk: CoursePageDesk = self.app.course_page()
        rows = desk.rows(course, self.reader, users.values())
        seen = self._last_seen()
        members = tuple(self._seen(row, seen) for row in rows)
        return CoursePage(
            course_id=course.id,
            title=course.title,
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


def hub_user(user: User) -> HubUser:
    """*user* in the desks' words."""
    return HubUser(user.name, bool(user.admin), running_of(user))


def state_of(user: User) -> str:
    """``starting``, ``stopping``, ``running``, or empty."""
    words = {"spawn": "starting", "stop": "stopping", "check": "starting"}
    spawner = user.spawner
    return words.get(spawner.pending or "", "running" if spawner.ready else "")
