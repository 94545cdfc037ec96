"""The three addresses that this package adds to the server."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado.web import RequestHandler, authenticated

from crepre_seat.news import Fetch, News, renewed
from crepre_seat.notices import Notices
from crepre_seat.opening import Opening


class FirstHandler(RequestHandler):
    """The server's own address; it leads on, and what follows asks who is there."""

    def initialize(self, opening: Opening) -> None:
        """Take what tornado hands over."""
        self.opening = opening

    def get(self) -> None:
        """Lead on; words of the address stay."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(self.opening.next() + query)


class NoticesHandler(APIHandler):
    """What the student is to be told; to ask is not to be at work."""

    _track_activity = False

    def initialize(self, notices: Notices, news: News) -> None:
        """Take what tornado hands over."""
        self.notices = notices
        self.news = news

    @authenticated
    async def get(self) -> None:
        """All notices, what teachers announce among them, and whether more may come."""
        news = await self.news.notices()
        self.finish(self.notices.as_json(news, now=time.time()))


class RenewHandler(APIHandler):
    """The button that renews the time on the GPU."""

    def initialize(self, renew: Fetch, news: News) -> None:
        """Take what tornado hands over."""
        self.renew = renew
        self.news = news

    @authenticated
    async def post(self) -> None:
        """Say what came of it, as a notice."""
        said = await renewed(self.renew)
        self.news.ask_anew()
        self.finish(asdict(said))


def routes(
    base: str, *, opening: Opening, notices: Notices, news: News, renew: Fetch
) -> list[tuple[Any, ...]]:
    """For the server whose own address is *base*, with a slash at its end."""
    return [
        (f"{base.rstrip('/')}/?", FirstHandler, {"opening": opening}),
        (f"{base}crepre/notices", NoticesHandler, {"notices": notices, "news": news}),
        (f"{base}crepre/renew", RenewHandler, {"renew": renew, "news": news}),
    ]
