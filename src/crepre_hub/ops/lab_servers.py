"""Students' servers, from outside the hub."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from crepre_hub.errors import CommandFailed
from crepre_hub.secret import ensure_secret_file
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Running:
    """
    A server that runs, starts or stops.

    Attributes:
        name: Empty for the default one.
        course: The course that it runs for; empty where that is not known.
    """

    user: str
    name: str
    course: str


def running_servers(settings: Settings) -> tuple[Running, ...]:
    """
    Every server that the hub knows to be there.

    Raises:
        CommandFailed: If the hub does not answer.
    """
    with _hub_answers("it is not known which servers run, and no server was stopped"):
        return tuple(
            Running(user["name"], name, (server.get("state") or {}).get("course", ""))
            for user in _active_users(settings)
            for name, server in user["servers"].items()
        )


def _active_users(settings: Settings) -> Iterator[dict[str, Any]]:
    """
    Page by page, since the hub gives no more than 200 at once.

    Source: https://jupyterhub.readthedocs.io/en/stable/howto/rest.html#paginating-api-requests
    """
    offset = 0
    while page := _ask(settings, "GET", f"users?state=active&offset={offset}&limit={AT_ONCE}"):
        yield from page
        offset += len(page)


def stop_servers(settings: Settings, *, of: str = "") -> int:
    """
    Ask the hub to stop every server, or those of the one person that *of* names.

    Returns:
        How many there were.

    Raises:
        CommandFailed: If the hub does not answer.
    """
    mine = [each for each in running_servers(settings) if of in ("", each.user)]
    stop_these(settings, mine)
    return len(mine)


def stop_these(settings: Settings, servers: Iterable[Running]) -> None:
    """
    Ask the hub to stop *servers*; they may take some seconds more to be gone.

    Raises:
        CommandFailed: If the hub does not answer.
    """
    with _hub_answers("not every server was stopped"):
        for each in servers:
            _ask(settings, "DELETE", f"users/{quote(each.user, safe='')}/servers/{each.name}")


@contextmanager
def _hub_answers(otherwise: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandFailed(
            f"The hub does not answer ({error}), so {otherwise}.",
            remedy="Start it, then try again: crepre up --detach",
        ) from error


def _ask(settings: Settings, method: str, path: str) -> Any:
    """
    Call the hub's REST API with the culler's rights.

    Source: https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
    """
    token = ensure_secret_file(settings.state / "secrets" / "idle-culler").reveal()
    request = urllib.request.Request(
        f"http://127.0.0.1:{ports_of(settings.lab).hub}/hub/api/{path}",
        method=method,
        headers={"Authorization": f"token {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read()
    return json.loads(body) if body else None
