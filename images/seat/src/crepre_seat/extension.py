"""What happens in a server when it starts: nothing here may keep it from answering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from crepre_seat.bringing import bring_beside
from crepre_seat.course_folder import link_course_folder
from crepre_seat.facts import SeatFacts, facts_in
from crepre_seat.haste import HASTE
from crepre_seat.kernels import find_kernels
from crepre_seat.news import News, asked_of, nothing, renewal_of
from crepre_seat.notices import Notices
from crepre_seat.opening import Opening
from crepre_seat.outage import outlive_outages
from crepre_seat.places import sentences
from crepre_seat.rescue import RESCUE
from crepre_seat.web import routes
from crepre_seat.welcome import NAME, ensure_welcome


def load(server: Any) -> None:
    """Let *server* outlive the hub's outages, welcome its owner, and bring the course's files."""
    logging.getLogger("crepre_seat").parent = server.log
    server.io_loop.add_callback(HASTE.end)
    facts, notices = facts_in(), Notices()
    RESCUE.notices = notices
    steps: tuple[Callable[[], None], ...] = (
        lambda: outlive(server),
        lambda: tell_of_broken_places(facts, notices),
        lambda: find_kernels(server.kernel_spec_manager, facts.home),
        lambda: link_folders(facts, notices),
        lambda: open_first(facts, notices, server),
        lambda: bring_files(facts, notices, server),
    )
    for step in steps:
        try:
            step()
        except Exception:  # no courtesy is worth a server that does not start
            server.log.exception("crepre_seat: going on without it")


def outlive(server: Any) -> None:
    """Let people go on working while the hub is away."""
    hub_auth = getattr(server.identity_provider, "hub_auth", None)
    if hub_auth is None:
        server.log.info("crepre_seat: this server has no hub, so there is no outage to outlive")
    else:
        outlive_outages(hub_auth)


def tell_of_broken_places(facts: SeatFacts, notices: Notices) -> None:
    """What stands in for something in the home, and how to mend that."""
    for sentence in sentences(facts.home):
        notices.tell(sentence, "warning")


def link_folders(facts: SeatFacts, notices: Notices) -> None:
    """Lead from the home to the course's folders."""
    if sentence := link_course_folder(facts):
        notices.tell(sentence, "warning")


def open_first(facts: SeatFacts, notices: Notices, server: Any) -> None:
    """Lead to the page of welcome or the course's first file, and answer with the notices."""
    opening = Opening(
        facts,
        default=server.web_app.settings["default_url"],
        first=NAME if ensure_welcome(facts) else "",
    )
    hub_auth = getattr(server.identity_provider, "hub_auth", None)
    news = News(asked_of(hub_auth) if hub_auth is not None else nothing)
    renew = renewal_of(hub_auth) if hub_auth is not None else nothing
    pages = routes(server.base_url, opening=opening, notices=notices, news=news, renew=renew)
    server.web_app.add_handlers(".*$", pages)


def bring_files(facts: SeatFacts, notices: Notices, server: Any) -> None:
    """Begin to bring the course's files as soon as the server answers."""
    if facts.content is None:
        return
    bringing: list[asyncio.Task[None]] = []  # a task that nobody holds may be collected
    server.io_loop.add_callback(
        lambda: bringing.append(asyncio.ensure_future(bring_beside(facts, notices)))
    )
