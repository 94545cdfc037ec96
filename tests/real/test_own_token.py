"""What a student's own server may ask of the hub, from inside its container."""

from __future__ import annotations

import ast

from tests.labs.fixtures import People
from tests.labs.lab import Lab

ASK = """
import json, os, urllib.error, urllib.request
def ask(method, path, body=None):
    request = urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
print({(method, path): ask(method, path, body) for method, path, body in ASKED})
"""

OUTSIDE = [
    ("GET", "/users", None),
    ("GET", "/users/neighbour", None),
    ("POST", "/users/neighbour/server", {}),
    ("DELETE", "/users/neighbour/server", None),
    ("GET", "/users/neighbour/tokens", None),
    ("POST", "/users/neighbour/tokens", {}),
    ("POST", "/users/seeker/tokens", {"roles": ["admin"]}),
    ("PATCH", "/users/seeker", {"admin": True}),
    ("POST", "/users/somebody", None),
    ("DELETE", "/users/neighbour", None),
    ("GET", "/groups", None),
    ("POST", "/groups/staff/users", {"users": ["seeker"]}),
    ("GET", "/services", None),
    ("GET", "/proxy", None),
    ("POST", "/proxy", None),
    ("POST", "/shutdown", {}),
]


async def test_a_servers_token_opens_nothing_but_its_own(lab: Lab, person: People) -> None:
    """The hub answers a server about its own activity, and refuses all else with its token."""
    neighbour = await person(lab, "neighbour")
    await neighbour.start_and_wait()
    seeker = await person(lab, "seeker")
    await seeker.start_and_wait()
    await seeker.open_lab()
    kernel = await seeker.kernel()
    own = ("POST", "/users/seeker/activity", {"last_activity": "2026-01-01T00:00:00Z"})
    said = await kernel.run(f"ASKED = {[own, *OUTSIDE]!r}\n{ASK}", seconds=120)
    answers = ast.literal_eval(said.strip())
    assert answers.pop(own[:2]) == 200, "the way to the hub is open"
    assert set(answers.values()) <= {403, 404}, answers
    assert (await neighbour.model())["servers"][""]["ready"]
