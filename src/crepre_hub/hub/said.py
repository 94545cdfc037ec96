"""What a page says of the click that led to it: the address has a word for that, ``?done=``."""

from __future__ import annotations

from collections.abc import Mapping

from tornado.web import RequestHandler


def said_of_click(handler: RequestHandler, said: Mapping[str, str]) -> str:
    """The sentence among *said*; empty where nothing was done, or the word is not the page's."""
    return said.get(handler.get_query_argument("done", ""), "")
