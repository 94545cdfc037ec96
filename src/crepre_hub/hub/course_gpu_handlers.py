"""GPUs kept for a course, on a page of its teachers: a week's calendar, and a form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from tornado import web

from crepre_hub.courses.course import Course
from crepre_hub.courses.gpus import LONGEST
from crepre_hub.decisions import Refused
from crepre_hub.desk.gpu_booking import own_series, request_of
from crepre_hub.desk.gpu_calendar import larger_than_any, warnings, week
from crepre_hub.desk.gpu_reader import Reader
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.gpu.book import Book
from crepre_hub.hub.course_gpu_pages import (
    Cancelling,
    CourseGpusPage,
    ReservationForm,
    neighbours,
    reserved,
    shown_monday,
    when,
)
from crepre_hub.hub.course_staff import StaffHandler
from crepre_hub.hub.gpu_reader import reader_of
from crepre_hub.hub.reservation_form import (
    FIELDS,
    LONGEST_TEXT,
    Mistakes,
    Wanted,
    read_form,
)
from crepre_hub.login.later import come_back_later
from crepre_hub.profiles.profile import Profile
from crepre_hub.sentences import Sentence, say
from crepre_hub.settings.gpu_problems import too_large

CANCELLED = say("It is cancelled: the GPUs are everybody's in that time.")
GONE = say("This course has no such reservation any more; this is how it is now.")
IN_FILE = say("This reservation stands in the course's file, and is changed there.")
NOTHING = say("Nothing is reserved. Look at the fields that are marked.")
NO_MISTAKES: Mapping[str, Sentence] = {}


class CourseGpusHandler(StaffHandler):
    """``/hub/course/<id>/gpus``."""

    tab = "gpus"

    @property
    def desk(self) -> LendingDesk:
        """The GPU desk."""
        desk: LendingDesk = self.app.lending()
        return desk

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """A week, and what the last click did."""
        course = self.course_to_change(course_id)
        await self._show(course, self.get_query_argument("week", ""), notice=self._notice(course))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Reserve something, or cancel it."""
        course = self.course_to_change(course_id)
        action = self.get_body_argument("action", "")
        if action == "reserve":
            await self._reserve(course)
        elif action in {"cancel", "cancel-series"}:
            await self._cancel(course, whole_series=action == "cancel-series")
        else:
            raise web.HTTPError(400, say("This page reserves GPUs, and nothing else."))

    # --- reserving

    async def _reserve(self, course: Course) -> None:
        typed = {name: self.get_body_argument(name, "")[:LONGEST_TEXT] for name in FIELDS}
        with come_back_later():
            wanted = self._read(course, typed)
        if isinstance(wanted, Mistakes):
            await self._refuse(course, typed, NOTHING, wanted.of)
            return
        request = request_of(
            course, wanted.profile, wanted.seats, wanted.intervals, self.reader.name
        )
        with come_back_later():
            answer = self.desk.reserve(request, self._eyes.course)
        if isinstance(answer, Refused):
            await self._refuse(course, typed, answer.whole)
            return
        self.log.info("%s keeps GPUs for %s: %s", request.by, course.id, request.series)
        self._back(course, typed["day"], request.series)

    def _read(self, course: Course, typed: Mapping[str, str]) -> Wanted | Mistakes:
        book = self.desk.book()
        here = self.desk.now.astimezone(book.rules.zone)
        wanted = read_form(typed, self._profiles(course), here)
        gpus = tuple(book.gpus.values())
        if typed["profile"] in too_large(course, gpus):
            why = larger_than_any(course.profiles[typed["profile"]], gpus)
            others = wanted.of if isinstance(wanted, Mistakes) else NO_MISTAKES
            return Mistakes({**others, "profile": why})
        return wanted

    async def _refuse(
        self,
        course: Course,
        typed: Mapping[str, str],
        trouble: Sentence,
        wrong: Mapping[str, Sentence] = NO_MISTAKES,
    ) -> None:
        """Show the page again, with what was typed still there."""
        self.set_status(400)
        await self._show(course, typed["day"], typed=typed, wrong=wrong, trouble=trouble)

    # --- cancelling

    async def _cancel(self, course: Course, *, whole_series: bool) -> None:
        name = self.get_body_argument("name", "")
        day = self.get_body_argument("week", "")[:LONGEST_TEXT]
        trouble = GONE
        with come_back_later():
            series = own_series(self.desk.book(), course.id, name)
            if series and series[0].is_from_file:
                trouble = IN_FILE
            elif series:
                answer = self.desk.cancel(series[0].series if whole_series else name)
                if not isinstance(answer, Refused):
                    self.log.info("%s cancels %s of %s", self.reader.name, name, course.id)
                    self._back(course, day, "cancelled")
                    return
        self.set_status(400)
        await self._show(course, day, trouble=trouble)

    # --- the page

    def _back(self, course: Course, day: str, done: str) -> None:
        query = urlencode({"week": day, "done": done})
        self.redirect(self.address_of(course, self.tab, query))

    def _notice(self, course: Course) -> str:
        done = self.get_query_argument("done", "")
        if done == "cancelled":
            return CANCELLED
        with come_back_later():
            book = self.desk.book()
        return reserved(book, own_series(book, course.id, f"{done}/0"), course.profiles)

    @property
    def _eyes(self) -> Reader:
        """What the reader may know of others."""
        return reader_of(self.reader, self.desks, self.app.board_names)

    def _profiles(self, course: Course) -> Mapping[str, Profile]:
        return {key: each for key, each in course.profiles.items() if each.gpu is not None}

    async def _show(
        self,
        course: Course,
        day: str,
        *,
        typed: Mapping[str, str] | None = None,
        wrong: Mapping[str, Sentence] = NO_MISTAKES,
        trouble: str = "",
        notice: str = "",
    ) -> None:
        with come_back_later():
            book, now, eyes = self.desk.book(), self.desk.now, self._eyes
            told = tuple(warnings(self.desk, course, eyes))
        today = now.astimezone(book.rules.zone).date()
        monday = shown_monday(day, today)
        earlier, later = neighbours(monday, today)
        first = max(monday, today)
        page = CourseGpusPage(
            frame=self.frame(course),
            has_gpus=bool(book.gpus),
            week=week(book, now, monday, eyes, course),
            earlier=earlier,
            later=later,
            form=self._form(course, today, typed or _empty(first), wrong),
            cancelling=self._cancelling(course, book),
            warnings=told,
            no_show=book.rules.no_show,
            trouble=trouble,
            notice=notice,
        )
        await self.show("course_gpus.html", page)

    def _form(
        self,
        course: Course,
        today: date,
        typed: Mapping[str, str],
        wrong: Mapping[str, Sentence],
    ) -> ReservationForm:
        return ReservationForm(typed, wrong, self._profiles(course), today, today + LONGEST)

    def _cancelling(self, course: Course, book: Book) -> Cancelling | None:
        """What the reader has chosen, if it is there still and not the file's."""
        name = self.get_query_argument("cancel", "")
        series = own_series(book, course.id, name)
        if not series or series[0].is_from_file:
            return None
        return Cancelling(name, when(book.reservations[name], book.rules), len(series))


def _empty(day: date) -> Mapping[str, str]:
    return {**dict.fromkeys(FIELDS, ""), "day": day.isoformat()}
