"""
What the two pages of the GPU desk share: each is shown whole, and then kept up to date.

A class of 300 keeps these pages open while it waits. So a page that is open says what it has, and
where that is still so it is answered without a page; and who is far from their turn asks seldom.
"""

from __future__ import annotations

from zlib import crc32

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from crepre_hub.desk.lending import LendingDesk
from crepre_hub.hub.gpu_pages import BoardPage, GpuPage, Times
from crepre_hub.login.later import come_back_later


class LiveHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """A page *name*``.html``, of which *name*``_now.html`` is what changes."""

    name = ""

    @property
    def desk(self) -> LendingDesk:
        """The GPU desk."""
        desk: LendingDesk = self.app.lending()
        return desk

    @web.authenticated
    async def get(self) -> None:
        """The page; with ``?part`` what of it changes, for the page that is open."""
        with come_back_later():
            book, now = self.desk.book(), self.desk.now
            state = self.state()
        times = Times(book.rules, now)
        tag = f"{book.version}.{now:%d%H%M}.{crc32(repr(state).encode()):x}"
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-As-Of", times.seconds(now))
        self.set_header("X-Tag", tag)
        part = "_now" if self.get_query_argument("part", None) else ""
        if part and self.get_query_argument("have", "") == tag:
            self.set_status(204)
            self.finish()
            return
        with come_back_later():
            page = self.page()
        self.set_header("X-Seconds", str(page.again_seconds))
        self.finish(await self.render_template(f"{self.name}{part}.html", page=page))

    def state(self) -> object:
        """What the page shows beside the book and the minute; cheap to ask."""
        raise NotImplementedError

    def page(self) -> BoardPage | GpuPage:
        """What is shown."""
        raise NotImplementedError
