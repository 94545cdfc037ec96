"""``/hub/board``: who has which GPU, who waits, and what is reserved; for everybody logged in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tornado import web

from crepre_hub.decisions import Answer, Refused
from crepre_hub.desk.gpu_board import board
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.gpu.gpus import TAKEN_OUT
from crepre_hub.hub.course_staff import hub_user
from crepre_hub.hub.gpu_keeper import GpuKeeper
from crepre_hub.hub.gpu_live import LiveHandler
from crepre_hub.hub.gpu_pages import BoardPage, Times
from crepre_hub.hub.gpu_reader import reader_of
from crepre_hub.hub.said import said_of_click
from crepre_hub.login.later import come_back_later
from crepre_hub.sentences import say

LONGEST_REASON = 200

Action = Callable[[LendingDesk, str, str], Answer]

ACTIONS: Mapping[str, Action] = {
    "end": lambda desk, name, _: desk.end(name),
    "remove": lambda desk, name, _: desk.remove_claim(name),
    "first": lambda desk, name, _: desk.put_first(name),
    "drain": lambda desk, name, reason: desk.drain(name, reason or TAKEN_OUT),
    "undrain": lambda desk, name, _: desk.drain(name, ""),
    "forget": lambda desk, name, _: desk.forget(name),
    "cancel": lambda desk, name, _: desk.cancel(name),
}
"""What an admin may do about the lease, claim, GPU or reservation of a name, and why."""


class BoardHandler(LiveHandler):
    """The board and an admin's buttons."""

    name = "board"

    @web.authenticated
    async def post(self) -> None:
        """An admin's button, then the board again."""
        if not self.current_user.admin:
            raise web.HTTPError(403, say("Only the lab's admins may change the board."))
        act = ACTIONS.get(self.get_body_argument("action", ""))
        if act is None:
            raise web.HTTPError(400, say("This page has no such button."))
        reason = self.get_body_argument("reason", "").strip()[:LONGEST_REASON]
        with come_back_later():
            answer = act(self.desk, self.get_body_argument("name", ""), reason)
        said = "no" if isinstance(answer, Refused) else "done"
        self.redirect(f"{self.hub.base_url}board?done={said}")

    def state(self) -> object:
        """Who looks, and what programs use."""
        gpus: GpuKeeper = self.app.gpus
        user = self.current_user
        return user.name, user.admin, gpus.used, gpus.watchdog.outside

    def page(self) -> BoardPage:
        """The book as the reader may see it."""
        book, now = self.desk.book(), self.desk.now
        reader = reader_of(hub_user(self.current_user), self.app.desks(), self.app.board_names)
        gpus: GpuKeeper = self.app.gpus
        return BoardPage(
            board=board(self.desk, reader, gpus.used, gpus.watchdog.outside),
            is_admin=reader.is_admin,
            times=Times(book.rules, now),
            notice=said_of_click(self, SAID),
        )


SAID = {
    "done": say("That is done."),
    "no": say("That was not possible any more; this is how it is now."),
}
