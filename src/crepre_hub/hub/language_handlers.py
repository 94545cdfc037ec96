"""In which language a page is answered: what the browser says, and what somebody chose."""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import url_path_join
from tornado import web
from tornado.httputil import HTTPServerRequest

from crepre_hub.languages.catalogues import languages
from crepre_hub.languages.reading import COOKIE, Reading, begin, choose_language
from crepre_hub.sentences import say

REMEMBERED_DAYS = 365


class SpeakingApplication(web.Application):
    """
    Notes who reads, before any handler of ours or of JupyterHub is asked.

    Tornado serves each connection in a task of its own and each request in another one below it,
    so what is noted is seen by this request alone.
    """

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """As tornado does it, with the language of *request*."""
        begin(reading_of(request))
        return super().find_handler(request, **kwargs)


def reading_of(request: HTTPServerRequest) -> Reading:
    """Who sends *request*, and the address under which the page can be asked for again."""
    cookie = request.cookies.get(COOKIE)
    language = choose_language(
        cookie.value if cookie else "", request.headers.get("Accept-Language", "")
    )
    return Reading(language, request.uri if request.method == "GET" else request.path)


class LanguageHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """``/hub/language``: the choice in the footer of each page, kept in a cookie."""

    def get(self) -> None:
        """There is nothing to see."""
        self.redirect(url_path_join(self.hub.base_url, "home"))

    def post(self) -> None:
        """Keep the choice and go back to the page."""
        language = self.get_body_argument("language", "")
        if language not in languages():
            raise web.HTTPError(400, say("The lab does not speak this language."))
        self.set_cookie(
            COOKIE,
            language,
            path=self.hub.base_url,
            expires_days=REMEMBERED_DAYS,
            samesite="Lax",
            httponly=True,
        )
        self.redirect(self.get_next_url(default=url_path_join(self.hub.base_url, "home")))
