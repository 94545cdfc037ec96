"""A teacher brings a roster's file, looks at what it would change, and applies it."""

from __future__ import annotations

import asyncio

from tornado import web

from crepre_hub.courses.columns import Field
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.desk.roster_file import Applied, Chosen, Outdated, RosterFile
from crepre_hub.hub.course_staff import StaffHandler
from crepre_hub.hub.roster_pages import RosterPage, counted, preview_of
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say, together

OUTDATED = say(
    "Nothing was changed: somebody else has just changed who is in the course. This is what the"
    " file would do now."
)
NO_FILE = Refused(
    "no-file", say("No file was chosen."), say("Choose one, then look at what it changes.")
)


class RosterFileHandler(StaffHandler):
    """``/hub/course/<id>/roster``."""

    tab = "roster"

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """The form for a file, and what the last one did."""
        course = self.course_to_change(course_id)
        await self._show(course, notice=counted(self.get_query_argument("done", "")))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """A file, other columns for it, or the click that applies it."""
        course = self.course_to_change(course_id)
        steps = {"read": self._read, "again": self._again, "apply": self._apply}
        step = steps.get(self.get_body_argument("action", ""))
        if step is None:
            raise web.HTTPError(400, say("This page reads and applies lists, and nothing else."))
        with come_back_later():
            await step(course)

    async def _read(self, course: Course) -> None:
        files = self.request.files.get("file", [])
        if not files or not files[0].filename:
            await self._refuse(course, NO_FILE)
            return
        chosen = Chosen(
            course, self.reader.name, self.given_in(course), files[0].filename, files[0].body
        )
        # A large file takes a while, and the hub is there for everybody.
        file = await asyncio.to_thread(self.desks.roster_files.read, chosen)
        await self._show(course, file)

    async def _again(self, course: Course) -> None:
        token = self.get_body_argument("token", "")
        columns = {each: self.get_body_argument(f"column-{each}", None) for each in Field}
        said = {each: heading for each, heading in columns.items() if heading is not None}
        desk = self.desks.roster_files
        answer = await asyncio.to_thread(desk.read_again, token, self.reader.name, course, said)
        if isinstance(answer, Refused):
            await self._refuse(course, answer)
        else:
            await self._show(course, answer)

    async def _apply(self, course: Course) -> None:
        token = self.get_body_argument("token", "")
        given = self.given_in(course)
        desk = self.desks.roster_files
        answer = await asyncio.to_thread(desk.apply, token, self.reader.name, course, given)
        match answer:
            case Applied(change=change):
                self.app.standing.look()
                counts = (len(change.join), len(change.change), len(change.leave))
                done = "-".join(map(str, counts))
                self.redirect(self.address_of(course, self.tab, f"done={done}"))
            case Outdated(file=file):
                self.set_status(409)
                await self._show(course, file, trouble=OUTDATED)
            case Refused() as refusal:
                await self._refuse(course, refusal)

    async def _refuse(self, course: Course, refusal: Refused) -> None:
        self.set_status(400)
        await self._show(course, trouble=together(refusal.message, refusal.remedy))

    async def _show(
        self,
        course: Course,
        file: RosterFile | None = None,
        *,
        trouble: str = "",
        notice: str = "",
    ) -> None:
        if file is not None and file.problem is not None:
            self.set_status(400)
        page = RosterPage(
            frame=self.frame(course),
            told_by=course.members_by,
            preview=preview_of(file) if file else None,
            trouble=trouble,
            notice=notice,
        )
        await self.show("course_roster.html", page)
