"""What every page of a course's staff does first: who is there, and may they."""

from __future__ import annotations

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from tornado import web

from crepre_hub.courses.course import Course
from crepre_hub.courses.giving import roles_to_give
from crepre_hub.courses.roles import Role
from crepre_hub.desk.course_page import CoursePageDesk
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.people import HubUser
from crepre_hub.hub.course_pages import Frame
from crepre_hub.hub.running import running_of
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

TEACHERS_ONLY = say("Only a teacher of this course may do that. Ask one of them.")


class StaffHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """A page below ``/hub/course/<id>``; whoever is not of the staff learns nothing of it."""

    tab = ""

    @property
    def reader(self) -> HubUser:
        """Who is logged in."""
        return hub_user(self.current_user)

    @property
    def desks(self) -> CourseDesks:
        """The desks of courses and their people."""
        desks: CourseDesks = self.app.desks()
        return desks

    def course_or_404(self, course_id: str) -> Course:
        """The course, if the reader is of its staff or an admin."""
        desk: CoursePageDesk = self.desks.page
        with come_back_later():
            course = desk.course_or_none(course_id, self.reader)
        if course is None:
            raise web.HTTPError(404)
        return course

    def course_to_change(self, course_id: str) -> Course:
        """The course, if the reader is one of its teachers or an admin."""
        course = self.course_or_404(course_id)
        if not self.given_in(course):
            raise web.HTTPError(403, TEACHERS_ONLY)
        return course

    def given_in(self, course: Course) -> frozenset[Role]:
        """The roles that the reader may give and take; none for assistants."""
        with come_back_later():
            role = self.desks.page.role(course, self.reader)
        return roles_to_give(role, is_admin=self.reader.is_admin)

    def frame(self, course: Course) -> Frame:
        """What stands above every page of the course."""
        return Frame(course.id, course.title, self.tab, may_change=bool(self.given_in(course)))

    def address_of(self, course: Course, tab: str = "", query: str = "") -> str:
        """The address of one of the course's pages."""
        return f"{self.hub.base_url}course/{course.id}{tab and f'/{tab}'}{query and f'?{query}'}"

    async def show(self, template: str, page: object) -> None:
        """End the request with a page."""
        self.finish(await self.render_template(template, page=page))


def hub_user(user: User) -> HubUser:
    """*user* in the desks' words."""
    return HubUser(user.name, bool(user.admin), running_of(user))
