"""Tells the record of usage which servers run. What cannot be written now is made good later."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyterhub import orm

from crepre_hub.clock import utc_now
from crepre_hub.desk.usage import UsageDesk
from crepre_hub.errors import StoreUnreachable
from crepre_hub.usage.sessions import Run

if TYPE_CHECKING:
    from crepre_hub.hub.app import CrepreHub

log = logging.getLogger("crepre.usage")


def note_start(desk: UsageDesk, spawner: Any) -> None:
    """A server has started."""
    with _at_leisure():
        desk.began(_run(spawner))


def note_stop(desk: UsageDesk, spawner: Any) -> None:
    """A server has ended."""
    with _at_leisure():
        desk.ended(spawner.user.name, spawner.name)


def note_all(app: CrepreHub) -> None:
    """Compare the record with all servers that run."""
    rows = app.db.query(orm.Spawner).filter(orm.Spawner.server_id != None)  # noqa: E711
    spawners = (app.users[row.user].spawners[row.name] for row in rows if row.started)
    with _at_leisure():
        app.desks().usage.look([_run(each) for each in spawners])


def _run(spawner: Any) -> Run:
    return Run(
        owner=spawner.user.name,
        server=spawner.name,
        course=getattr(spawner, "course", ""),
        profile=getattr(spawner, "profile", ""),
        started_at=spawner.orm_spawner.started.replace(tzinfo=UTC),
        seen_at=utc_now(),
    )


@contextmanager
def _at_leisure() -> Iterator[None]:
    """No start and no stop fails because it cannot be written down."""
    try:
        yield
    except StoreUnreachable as trouble:
        log.warning("The record of usage waits for the database: %s", trouble.__cause__)
