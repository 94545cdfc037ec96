"""A teacher announces something; running servers ask what there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from crepre_hub.courses.announcements import LIVES, LONGEST, Announcement, life_of, plain_text
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.desk.announcing import AnnouncementDesk
from crepre_hub.hub.asking import allowance_of, owner_who_asks
from crepre_hub.hub.course_pages import Frame
from crepre_hub.hub.course_staff import StaffHandler, hub_user
from crepre_hub.hub.gpu_pages import gpu_news
from crepre_hub.hub.gpu_watchdog import Watchdog
from crepre_hub.hub.said import said_of_click
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say, together

SAID = {
    "told": say("Everybody in the course sees it now; a running JupyterLab within a minute."),
    "taken-back": say("It is not shown any more."),
}
USUAL = LIVES[2]


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    """For ``course_announcements.html``."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    shown: tuple[Announcement, ...] = field(metadata={"help": "Those of now, the newest first."})
    text: str = field(default="", metadata={"help": "What was typed and not taken."})
    longest: int = field(default=LONGEST, metadata={"help": "In characters."})
    lives: tuple[tuple[int, bool], ...] = field(
        default=tuple((int(life.total_seconds() // 3600), life == USUAL) for life in LIVES),
        metadata={"help": "Hours, and whether they are chosen already."},
    )
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})


class AnnouncementsHandler(StaffHandler):
    """``/hub/course/<id>/announcements``."""

    tab = "announcements"

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """Those that are shown, and the form for another."""
        course = self.course_to_change(course_id)
        await self._show(course, notice=said_of_click(self, SAID))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Announce something, or take it back."""
        course = self.course_to_change(course_id)
        action = self.get_body_argument("action", "")
        with come_back_later():
            if action == "announce":
                await self._announce(course)
            elif action == "take-back":
                await self._take_back(course)
            else:
                raise web.HTTPError(400, say("This page announces things, and nothing else."))

    async def _announce(self, course: Course) -> None:
        written = self.get_body_argument("text", "")
        text = plain_text(written)
        life = life_of(self.get_body_argument("hours", ""))
        if isinstance(text, Refused):
            await self._refuse(course, text, written)
        elif isinstance(life, Refused):
            await self._refuse(course, life, written)
        else:
            self.desk.announce(course, text, life=life, by=self.reader.name)
            self.redirect(self.address_of(course, self.tab, "done=told"))

    async def _refuse(self, course: Course, refusal: Refused, written: str) -> None:
        """Show the page again, with what was typed still there."""
        self.set_status(400)
        trouble = together(refusal.message, refusal.remedy)
        await self._show(course, trouble=trouble, text=written)

    async def _take_back(self, course: Course) -> None:
        if self.desk.take_back(course, self.get_body_argument("id", "")):
            self.redirect(self.address_of(course, self.tab, "done=taken-back"))
        else:
            self.set_status(400)
            await self._show(course, trouble=say("This announcement is not shown any more."))

    @property
    def desk(self) -> AnnouncementDesk:
        """The desk for it."""
        return self.desks.announcements

    async def _show(
        self, course: Course, *, trouble: str = "", notice: str = "", text: str = ""
    ) -> None:
        with come_back_later():
            shown = self.desk.of_course(course)
        page = AnnouncementsPage(
            self.frame(course), shown, text[: 2 * LONGEST], trouble=trouble, notice=notice
        )
        await self.show("course_announcements.html", page)


class NewsHandler(APIHandler):  # type: ignore[misc]  # JupyterHub has no types
    """
    ``/hub/api/crepre/news``: what whoever asks is to hear.

    A running server asks with its own token, which is its owner's. The token that it gets for a
    visitor tells who that is, and opens nothing of theirs.
    """

    async def get(self) -> None:
        """A list of texts, each with its id and the title of its course, or what it is about."""
        user = owner_who_asks(self)
        desk: AnnouncementDesk = self.app.desks().announcements
        with come_back_later():
            news = desk.for_user(hub_user(user))
            watchdog: Watchdog = self.app.gpus.watchdog
            of_leases = gpu_news(self.app.lending(), user.name, partial(allowance_of, self.app))
            of_gpus = (*watchdog.news_for(user.name), *of_leases)
        told = [
            {"id": each.announcement.id, "course": each.title, "text": each.announcement.text}
            for each in news
        ]
        self.write({"news": [*(each.as_json() for each in of_gpus), *told]})
