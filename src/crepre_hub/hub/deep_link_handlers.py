"""A teacher who came from a learning platform picks the course to which a link there shall lead."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from crepre_hub.courses.choose import OPTION
from crepre_hub.courses.course import Course
from crepre_hub.desk.course_page import CoursePageDesk
from crepre_hub.hub.course_staff import hub_user
from crepre_hub.login.deep_link import Item, Wish, answer_to
from crepre_hub.login.kinds.lti import LtiWay
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

GONE = say("This choice was begun too long ago. Begin it anew in your learning platform.")


@dataclass(frozen=True, slots=True)
class DeepLinkPage:
    """For ``lti_link.html``."""

    wish: str = field(metadata={"help": "Name of the platform's wish, to be posted back."})
    courses: tuple[Course, ...] = field(metadata={"help": "Those that the reader teaches."})


@dataclass(frozen=True, slots=True)
class DeepLinkAnswer:
    """For ``lti_return.html``."""

    url: str = field(metadata={"help": "Where the answer goes."})
    token: str = field(metadata={"help": "The answer, signed."})


class DeepLinkHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/login/lti/link/<wish>``."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """The courses to choose from."""
        self._wish(name)
        page = DeepLinkPage(name, self._courses())
        self.finish(await self.render_template("lti_link.html", page=page))

    @web.authenticated
    async def post(self, name: str) -> None:
        """Sign the answer, and let the browser carry it to the platform."""
        wish = self._wish(name)
        item = self._item(self.get_body_argument("course", ""))
        claims = answer_to(wish, [item], now=int(time.time()))
        token = await asyncio.to_thread(self._provider().key.sign, claims)
        self._provider().wishes.answered(name)
        self.log.info("%s links %s from %s", wish.user, item.url, wish.issuer)
        page = DeepLinkAnswer(wish.return_url, token)
        self.finish(await self.render_template("lti_return.html", page=page))

    def _provider(self) -> LtiWay:
        providers: dict[str, Any] = getattr(self.authenticator, "providers", {})
        if "lti" not in providers:
            raise web.HTTPError(404)
        provider: LtiWay = providers["lti"]
        return provider

    def _wish(self, name: str) -> Wish:
        wishes = self._provider().wishes
        wish = wishes.named(name, self.current_user.name, now=time.monotonic())
        if wish is None:
            raise web.HTTPError(404, GONE)
        return wish

    def _courses(self) -> tuple[Course, ...]:
        desk: CoursePageDesk = self.app.desks().page
        with come_back_later():
            return desk.courses_of(hub_user(self.current_user))

    def _item(self, course_id: str) -> Item:
        """The start page, or the default profile of a course that the reader teaches."""
        start = f"{self._provider().lab_url}{self.hub.base_url}spawn"
        if not course_id:
            return Item(self.settings["template_vars"]["lab_name"], start)
        course = next((each for each in self._courses() if each.id == course_id), None)
        if course is None:
            raise web.HTTPError(403, say("You can link to the courses that you teach alone."))
        profile = course.default_profile or next(iter(course.profiles))
        wanted = urlencode({f"opt-{OPTION}": f"{course.id}/{profile}"})
        return Item(course.title, f"{start}?{wanted}")
