"""What the two pages of the GPU desk share: each is shown whole, and then kept up to date."""

from __future__ import annotations

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from crepre_hub.desk.lending import LendingDesk
from crepre_hub.hub.gpu_pages import BoardPage, GpuPage
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
            page = self.page()
        part = "_now" if self.get_query_argument("part", None) else ""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-As-Of", page.times.seconds(page.times.now))
        self.finish(await self.render_template(f"{self.name}{part}.html", page=page))

    def page(self) -> BoardPage | GpuPage:
        """What is shown."""
        raise NotImplementedError
