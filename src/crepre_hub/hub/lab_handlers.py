"""The pages for admins of the lab, beside JupyterHub's own: courses, people, problems."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Any

from jupyterhub import orm
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.desk.lab_overview import LabDesk, PersonRow
from crepre_hub.gpu.reservations import FROM_FILE
from crepre_hub.hub.examination import Examination, Report
from crepre_hub.hub.gpu_keeper import GpuKeeper
from crepre_hub.hub.lab_pages import (
    LabCoursesPage,
    LabPeoplePage,
    LabProblemsPage,
    NotReserved,
    SeenPerson,
    Told,
)
from crepre_hub.hub.recent import Recent
from crepre_hub.hub.running import doing
from crepre_hub.login.later import come_back_later
from crepre_hub.store.directory import OWN_ACCOUNTS, Found, Listed, Only, Wanted

LONGEST_SEARCH = 200


class LabHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """A page below ``/hub/admin/``; who is no admin learns nothing of it."""

    async def prepare(self) -> None:
        """Let nobody else in, whatever they ask."""
        await super().prepare()
        if self.current_user is not None and not self.current_user.admin:
            raise web.HTTPError(404)  # ``web.authenticated`` leads a guest through the login

    @property
    def desk(self) -> LabDesk:
        """What admins see."""
        desk: LabDesk = self.app.desks().lab
        return desk

    async def show(self, template: str, page: object) -> None:
        """End the request with a page."""
        self.finish(await self.render_template(template, page=page))


class LabCoursesHandler(LabHandler):
    """``/hub/admin/courses``."""

    @web.authenticated
    async def get(self) -> None:
        """Every course."""
        with come_back_later():
            courses = self.desk.courses(self.app.standing.running().values())
        await self.show("lab_courses.html", LabCoursesPage(courses=courses, as_of=utc_now()))


class LabPeopleHandler(LabHandler):
    """``/hub/admin/people``."""

    @web.authenticated
    async def get(self) -> None:
        """One page of everybody, or of those who were looked for."""
        wanted = Wanted(
            self.get_query_argument("q", "")[:LONGEST_SEARCH],
            _only(self.get_query_argument("only", "")),
            _number(self.get_query_argument("page", "")),
        )
        running = self.app.standing.running()
        with come_back_later():
            found, rows = self.desk.people(wanted, running)
        seen = self._last_seen(found)
        people = tuple(self._seen(row, row.entry.name in running, seen) for row in rows)
        await self.show("lab_people.html", _people_page(wanted, found, people))

    def _last_seen(self, found: Found) -> dict[str, datetime | None]:
        columns = (orm.User.name, orm.User.last_activity)
        names = [entry.name for entry in found.entries]
        rows = self.db.query(*columns).filter(orm.User.name.in_(names))
        return {name: at and at.replace(tzinfo=UTC) for name, at in rows}

    def _seen(
        self, row: PersonRow, is_running: bool, last_seen: dict[str, datetime | None]
    ) -> SeenPerson:
        name = row.entry.name
        return SeenPerson(
            row,
            doing(self.users[name].spawner) if is_running else "",  # it makes things: not for all
            last_seen.get(name),
            f"{self.base_url}user/{url_escape_path(name)}/",
            commands_for(row.entry),
        )


class LabProblemsHandler(LabHandler):
    """``/hub/admin/problems``."""

    @web.authenticated
    async def get(self) -> None:
        """What the doctor found a moment ago."""
        examination: Examination = self.app.examination
        report = await examination.report()
        recent: Recent = self.app.recent
        findings, well = _findings(report)
        keeper: GpuKeeper = self.app.gpus
        page = LabProblemsPage(
            findings,
            well,
            report.at if report else None,
            examination.is_under_way,
            recent.lately(),
            _unkept(keeper),
        )
        await self.show("lab_problems.html", page)

    @web.authenticated
    async def post(self) -> None:
        """Look again, then show the page."""
        await self.app.examination.report(now=True)
        self.redirect(f"{self.hub.base_url}admin/problems")


def _unkept(keeper: GpuKeeper) -> tuple[NotReserved, ...]:
    """What the last look at the courses' files could not reserve."""
    return tuple(
        NotReserved(series.removeprefix(FROM_FILE).partition("/")[0], refused.whole)
        for series, refused in sorted(keeper.refused.items())
    )


def _people_page(wanted: Wanted, found: Found, people: tuple[SeenPerson, ...]) -> LabPeoplePage:
    return LabPeoplePage(
        people=people,
        total=found.total,
        number=found.number,
        pages=found.pages,
        text=wanted.text,
        only=wanted.only,
        as_of=utc_now(),
    )


def commands_for(entry: Listed) -> tuple[str, ...]:
    """What ``crepre`` can do about somebody, as it is typed."""
    name = shlex.quote(entry.name)
    if entry.is_disabled:
        return (f"crepre user enable {name}",)
    own = (f"crepre user reset {name}",) if entry.provider == OWN_ACCOUNTS else ()
    return (*own, f"crepre user disable {name}")


def _findings(report: Report | None) -> tuple[tuple[Told, ...], int]:
    """What is not well, the worst first, and how many checks are."""
    examined = report.examined if report else ()
    told = [Told(each.name, each.title, found) for each in examined for found in each.findings]
    worst = [
        each for level in ("error", "warning", "skipped") for each in told
        if each.finding.level == level
    ]  # fmt: skip
    well = sum(all(found.level == "ok" for found in each.findings) for each in examined)
    return tuple(worst), well


def _only(word: str) -> Only:
    return Only(word) if word in set(Only) else Only.ALL


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 9 else 1


ROUTES: list[tuple[str, Any]] = [
    (r"/admin/courses", LabCoursesHandler),
    (r"/admin/people", LabPeopleHandler),
    (r"/admin/problems", LabProblemsHandler),
]
