"""What happens in a server when it starts: nothing here may keep it from answering."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from crepre_seat.bringing import bring_beside
from crepre_seat.facts import facts_in
from crepre_seat.kernels import RESCUE
from crepre_seat.notices import Notices
from crepre_seat.opening import Opening
from crepre_seat.outage import outlive_outages
from crepre_seat.places import sentences
from crepre_seat.web import routes
from crepre_seat.welcome import NAME, ensure_welcome

OWN_KERNELS = ".local/share/jupyter/kernels"


def load(server: Any) -> None:
    """Let *server* outlive the hub's outages, welcome its owner, and bring the course's files."""
    logging.getLogger("crepre_seat").parent = server.log
    hub_auth = getattr(server.identity_provider, "hub_auth", None)
    if hub_auth is None:
        server.log.info("crepre_seat: this server has no hub, so there is no outage to outlive")
    else:
        outlive_outages(hub_auth)
    facts, notices = facts_in(), Notices()
    RESCUE.notices = notices
    for sentence in sentences(facts.home):
        notices.tell(sentence, "warning")
    # Kernels of the student's own come after the image's, of which none is replaced.
    server.kernel_spec_manager.kernel_dirs.append(str(facts.home / OWN_KERNELS))
    opening = Opening(
        facts,
        default=server.web_app.settings["default_url"],
        first=NAME if ensure_welcome(facts) else "",
    )
    server.web_app.add_handlers(".*$", routes(server.base_url, opening=opening, notices=notices))
    if facts.content is not None:
        bringing: list[asyncio.Task[None]] = []  # a task that nobody holds may be collected
        server.io_loop.add_callback(
            lambda: bringing.append(asyncio.ensure_future(bring_beside(facts, notices)))
        )
