"""Students' servers, from outside the hub."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from crepre_hub.errors import CommandFailed
from crepre_hub.secret import ensure_secret_file
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings


def stop_servers(settings: Settings, *, of: str = "") -> int:
    """
    Ask the hub to stop every server, or those of the one person that *of* names.

    Returns:
        How many there were.

    Raises:
        CommandFailed: If the hub does not answer.
    """
    try:
        everybody: list[dict[str, Any]] = _ask(settings, "GET", "users?state=active")
        users = [user for user in everybody if of in ("", user["name"])]
        for user in users:
            for name in user["servers"]:
                _ask(settings, "DELETE", f"users/{user['name']}/servers/{name}")
    except OSError as error:
        raise CommandFailed(
            f"The hub does not answer ({error}), so no server was stopped.",
            remedy="Start it, then try again: crepre up --detach",
        ) from error
    return sum(len(user["servers"]) for user in users)


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
