"""What can be seen of a lab from outside: its table, its routes, its containers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from tests.labs.lab import Lab


class Seat(NamedTuple):
    """Whose server, and which."""

    user: str
    server: str = ""

    @property
    def route(self) -> str:
        """The path under which the proxy knows it."""
        return f"/user/{self.user}/{self.server}".rstrip("/")


def table(lab: Lab) -> dict[Seat, dict[str, Any]]:
    """The servers in the hub's table, those that are ready and those that are pending."""
    users = ask(lab, 81, "/hub/api/users?state=active", "idle-culler")
    return {
        Seat(user["name"], name): server
        for user in users
        for name, server in user["servers"].items()
    }


def routes(lab: Lab) -> dict[str, str]:
    """The proxy's routes of servers: path to target."""
    found = ask(lab, 1, "/api/routes", "proxy")
    return {path: route["target"] for path, route in found.items() if path.startswith("/user/")}


def containers(lab: Lab) -> list[tuple[Seat, Any]]:
    """The seats' containers, running or not."""
    return [
        (Seat(each.labels["crepre.user"], each.labels["crepre.server"]), each)
        for each in lab.containers()
    ]


def ask(lab: Lab, offset: int, path: str, secret: str) -> Any:
    """Ask one of the lab's own programs, as the lab itself does."""
    token = (lab.state / "secrets" / secret).read_text().strip()
    request = urllib.request.Request(
        f"http://127.0.0.1:{lab.port + offset}{path}", headers={"Authorization": f"token {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def status_of(url: str) -> int:
    """What a server at *url* answers; 0 while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
