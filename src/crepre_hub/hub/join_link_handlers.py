"""A teacher makes join links, sees who used them, and revokes them."""

from __future__ import annotations

from datetime import timedelta

from tornado import web

from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.errors import CourseError
from crepre_hub.hub.course_staff import StaffHandler
from crepre_hub.hub.join_link_pages import JoinLinksPage, Made, wish_of
from crepre_hub.hub.said import said_of_click
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say, together

SAID = {"revoked": say("The link is revoked: nobody can join by it any more.")}


class JoinLinksHandler(StaffHandler):
    """``/hub/course/<id>/links``."""

    tab = "links"

    def set_default_headers(self) -> None:
        """A page with a code is not stored."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """The links."""
        course = self.course_to_change(course_id)
        await self._show(course, notice=said_of_click(self, SAID))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Make a link, which this answer alone shows, or revoke one."""
        course = self.course_to_change(course_id)
        action = self.get_body_argument("action", "")
        if action == "make":
            await self._make(course)
        elif action == "revoke":
            await self._revoke(course)
        else:
            raise web.HTTPError(400, say("This page makes and revokes links, and nothing else."))

    async def _make(self, course: Course) -> None:
        fields = {name: self.get_body_argument(name, "") for name in ("days", "seats", "section")}
        wish = wish_of(**fields)
        if isinstance(wish, Refused):
            self.set_status(400)
            await self._show(course, trouble=together(wish.message, wish.remedy))
            return
        with come_back_later():
            _, code = self.desks.joining.make(
                course,
                life=timedelta(days=wish.days),
                seats=wish.seats,
                section=wish.section,
                by=self.reader.name,
            )
        join_url = f"{self._site}{self.hub.base_url}join"
        await self._show(course, made=Made(join_url, code.reveal()))

    async def _revoke(self, course: Course) -> None:
        try:
            with come_back_later():
                self.desks.joining.revoke(course, self.get_body_argument("link", ""))
        except CourseError as error:
            self.set_status(400)
            await self._show(course, trouble=error.message)
        else:
            self.redirect(self.address_of(course, self.tab, "done=revoked"))

    @property
    def _site(self) -> str:
        """Where students reach the lab."""
        public = self.settings.get("public_url")
        if public:
            return f"{public.scheme}://{public.netloc}"
        return f"{self.request.protocol}://{self.request.host}"

    async def _show(
        self, course: Course, *, made: Made | None = None, trouble: str = "", notice: str = ""
    ) -> None:
        with come_back_later():
            links = self.desks.joining.links(course)
            now = self.desks.people.now
            sections = self.desks.rosters.sections(course)
        troubles = ((link, link.trouble(now=now)) for link in links)
        page = JoinLinksPage(
            frame=self.frame(course),
            links=tuple((link, why.reason if why else "") for link, why in troubles)[::-1],
            sections=sections,
            made=made,
            trouble=trouble,
            notice=notice,
        )
        await self.show("course_links.html", page)
