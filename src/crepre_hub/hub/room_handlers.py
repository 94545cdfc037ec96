"""The room of a course, as its staff see it, and the hands of its members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from jupyterhub.utils import url_escape_path
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.courses.course import Course
from crepre_hub.courses.room import Failure, Sight
from crepre_hub.desk.course_page import MemberRow
from crepre_hub.desk.room import RoomDesk
from crepre_hub.hub.course_staff import StaffHandler, hub_user
from crepre_hub.hub.room_pages import RoomPage, TileView
from crepre_hub.hub.running import doing, failures
from crepre_hub.languages.catalogues import time_in
from crepre_hub.languages.reading import reading
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say


class RoomHandler(StaffHandler):
    """``/hub/course/<id>/room``."""

    tab = "room"
    template = "course_room.html"

    @web.authenticated
    async def get(self, course_id: str) -> None:
        """Everybody, as they are now."""
        await self._show(self.course_or_404(course_id))

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Lower somebody's hand: they were helped."""
        course = self.course_or_404(course_id)
        user_name = self.get_body_argument("lower", "")
        if not user_name:
            raise web.HTTPError(400, say("This page lowers hands, and nothing else."))
        with come_back_later():
            self.desks.room.put_down(course.id, user_name)
        self.redirect(self.address_of(course, self.tab))

    async def _show(self, course: Course) -> None:
        with come_back_later():
            page = self._page(course)
        await self.show(self.template, page)

    def _page(self, course: Course) -> RoomPage:
        users = self.app.standing.users()
        room: RoomDesk = self.desks.room
        failed = failures(self.app.users)
        tiles = room.tiles(
            course, self.reader, users.values(), lambda row: self._sight(course, row, failed)
        )
        section = self.get_query_argument("section", "")[:80]
        sections = tuple(sorted({tile.row.section for tile in tiles} - {""}))
        shown = [tile for tile in tiles if section in ("", tile.row.section)]
        return RoomPage(
            frame=self.frame(course),
            tiles=tuple(TileView(tile, self._url(tile.row)) for tile in shown),
            sections=sections,
            section=section,
            as_of=utc_now(),
        )

    def _sight(self, course: Course, row: MemberRow, failed: Mapping[str, Failure]) -> Sight:
        """What the hub knows of a member's server; nothing of one for another course."""
        if not row.is_running:
            failure = failed.get(row.user_name) if row.may_reach else None
            is_ours = failure is not None and failure.course == course.id
            return Sight(failure=failure if is_ours else None)
        spawner = self.users[row.user_name].spawner
        started = spawner.orm_spawner.started
        return Sight(doing(spawner), started.replace(tzinfo=UTC) if started else None)

    def _url(self, row: MemberRow) -> str:
        return f"{self.base_url}user/{url_escape_path(row.user_name)}/"


class RoomTilesHandler(RoomHandler):
    """``/hub/course/<id>/room/tiles``: the part that changes, for the page's own script."""

    template = "course_room_tiles.html"

    async def _show(self, course: Course) -> None:
        """The time stands beside the tiles, which are the same while nothing happens."""
        self.set_header("Crepre-As-Of", time_in(reading().language, utc_now()))
        await super()._show(course)

    def set_default_headers(self) -> None:
        """It is asked for again and again; an answer without news is empty (RFC 9110, 15.4.5)."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    async def post(self, course_id: str) -> None:
        """There is nothing to click."""
        raise web.HTTPError(405)


class HandHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/course/<id>/hand``: a member raises and lowers their own hand."""

    @web.authenticated
    async def post(self, course_id: str) -> None:
        """Up or down, then back to the page that the button was on."""
        user: User = self.current_user
        room: RoomDesk = self.app.desks().room
        with come_back_later():
            if not room.is_member(course_id, hub_user(user)):
                raise web.HTTPError(404)
            wish = self.get_body_argument("hand", "")
            if wish == "up":
                room.put_up(course_id, hub_user(user))
            elif wish == "down":
                room.put_down(course_id, user.name)
            else:
                raise web.HTTPError(400, say("A hand goes up or down."))
        self.redirect(self.get_next_url(user, default=f"{self.hub.base_url}home"))
