"""The join pages: paste a code, see the course, confirm."""

from __future__ import annotations

from urllib.parse import quote

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from crepre_hub.courses.access import Person
from crepre_hub.decisions import Refused
from crepre_hub.desk.joining import Invitation, JoinDesk, plain_code
from crepre_hub.hub.course_pages import JoinPage
from crepre_hub.login.gate import Gate
from crepre_hub.login.later import come_back_later, later
from crepre_hub.login.sources import address_of
from crepre_hub.login.throttle import in_words
from crepre_hub.sentences import say


class JoinHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/join`` and ``/hub/join/<code>``."""

    def set_default_headers(self) -> None:
        """Pages whose address is a code are neither stored nor named to other sites."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")

    @web.authenticated
    async def get(self, code: str = "") -> None:
        """The field for a code; with one, the course that it leads to. Changes nothing."""
        typed = self.get_query_argument("code", "")
        if not code and typed:
            self.redirect(f"{self.hub.base_url}join/{quote(plain_code(typed) or '-')}")
        elif not code:
            await self._show(JoinPage(self.current_user.name))
        else:
            with come_back_later():
                answer = self._guarded(code, join=False)
            await self._answer(code, answer)

    @web.authenticated
    async def post(self, code: str = "") -> None:
        """Join, and go on to the start page."""
        with come_back_later():
            answer = self._guarded(code, join=True)
            if isinstance(answer, Invitation):
                self.app.standing.refresh(self.current_user.name)
        if isinstance(answer, Invitation):
            self.redirect(f"{self.hub.base_url}spawn")
        else:
            await self._answer(code, answer)

    def _guarded(self, code: str, *, join: bool) -> Invitation | Refused:
        """What the code does; wrong ones are counted, and soon have to wait."""
        gate: Gate = self.app.gate()
        desk: JoinDesk = self.app.desks().joining
        attempt = gate.attempt(name=f"join:{self.current_user.name}", address=self._address())
        seconds = gate.enter(attempt)
        if seconds:
            message = say(
                "There have been too many join codes. Wait %(time)s.", time=in_words(seconds)
            )
            raise later(429, seconds, message)
        person = self._person()
        answer = desk.join(code, person) if join else desk.look(code, person)
        if not (isinstance(answer, Refused) and answer.reason == "link-unknown"):
            gate.withdraw(attempt)  # the wrong ones before it count on
        return answer

    def _person(self) -> Person:
        user = self.current_user
        person: Person = self.app.desks().people.person(user.name, is_admin=bool(user.admin))
        return person

    def _address(self) -> str:
        proxies = getattr(self.authenticator, "trusted_proxies", {"127.0.0.1", "::1"})
        downstream = self.app.trusted_downstream_ips
        return address_of(self.request, proxies=proxies, downstream=downstream)

    async def _answer(self, code: str, answer: Invitation | Refused) -> None:
        name = self.current_user.name
        if isinstance(answer, Invitation):
            await self._show(JoinPage(name, plain_code(code), answer.course.title))
            return
        self.set_status(404 if answer.reason == "link-unknown" else 403)
        await self._show(JoinPage(name, message=answer.message, remedy=answer.remedy))

    async def _show(self, page: JoinPage) -> None:
        self.finish(await self.render_template("join.html", page=page))
