"""A student's server in its image starts light, and nothing is missing from it."""

from __future__ import annotations

import subprocess
from pathlib import Path

LOADED = """
import os, subprocess, sys
from pathlib import Path
from crepre_seat.verify.server import free_port, little_hub, server_environment, wait_for
log = Path("/tmp/log")
with little_hub() as hub, log.open("wb") as output:
    address = f"http://127.0.0.1:{free_port()}/user/student/"
    server = subprocess.Popen(
        [sys.executable, "-I", "-X", "importtime", "-m", "crepre_seat"],
        env=os.environ | server_environment(address, hub), stderr=output)
    wait_for(address + "api", server, log)
    server.kill()
    server.wait()
print(*sorted({line.rpartition("|")[2].strip().partition(".")[0]
               for line in log.read_text().splitlines() if line.startswith("import time:")}))
"""

NEVER_USED = {
    *("sqlalchemy", "alembic"),  # the hub's database
    *("aiohttp", "httpx", "requests", "urllib3", "websocket"),  # clients for HTTP; it has tornado's
    *("IPython", "prompt_toolkit"),  # a kernel's
    *("arrow", "rich", "click"),
}

USED = """
from crepre_seat.start import put_off
put_off()
import jupyterhub.singleuser
from sqlalchemy.orm import declarative_base
from sqlalchemy.exc import IntegrityError
import sqlalchemy, jupyterhub.orm, jupyterhub.handlers.pages
from requests.exceptions import ConnectionError
from jupyterlab_server.listings_handler import requests
sqlalchemy.create_engine("sqlite://").connect().close()
print(issubclass(IntegrityError, sqlalchemy.exc.SQLAlchemyError),
      jupyterhub.orm.User.__name__, jupyterhub.handlers.pages.HomeHandler.__name__,
      issubclass(ConnectionError, requests.RequestException), requests.get.__name__)
"""

USED_BY_OTHERS = """
from crepre_seat.start import put_off
put_off()
import jupyterhub.singleuser, jupyterlab.extensions, jsonschema
import aiohttp  # as jupyter-server-proxy does
from jupyter_server.gateway.managers import websocket
checker = jsonschema.FormatChecker()
print(aiohttp.ClientSession.__name__, websocket.WebSocket.__name__,
      type(jupyterlab.extensions.get_pypi_manager()).__name__,
      *(checker.conforms(words, "duration") for words in ("P1Y", "PT", "a year")))
"""


ASKED = """
import asyncio
from jupyterhub.httpclient import fetch as theirs
from crepre_seat.hub_client import fetch as ours
from crepre_seat.verify.server import free_port, little_hub

async def said(fetch, url, **more):
    try:
        answer = await fetch(url, **more)
    except Exception:
        return "no answer"
    return answer.status, answer.headers.get("X-JupyterHub-Version"), await answer.text()

async def compared(hub):
    url = f"http://127.0.0.1:{hub.server_port}/hub/api"
    token = {"Authorization": f"token {hub.token}"}
    yes, no = {"raise_for_status": False}, {"raise_for_status": True}
    for url, more in (
        (url, {}),
        (url + "/user", {"headers": token}),
        (url + "/activity", {"method": "POST", "headers": token, "data": "{}"}),
        (url + "/token", {"method": "POST", "data": b"code=1"}),
        (url + "/token", {"method": "POST"}),
        (url, {"method": "PUT", "data": "{}", **yes}),
        (url, {"method": "PUT", "data": "{}", **no}),
        (url, {"ssl": False}),
        (f"http://127.0.0.1:{free_port()}/", yes),
        (url.replace("http", "https"), yes),
    ):
        first, second = await said(ours, url, **more), await said(theirs, url, **more)
        print("same" if first == second else f"{more}: {first} {second}", first[0])

with little_hub() as hub:
    asyncio.run(compared(hub))
"""

ANSWERS = ["same 200"] * 5 + ["same 501", "same n", "same 200", "same n", "same n"]


def test_a_server_does_not_load_what_it_never_uses(
    docker_program: Path, minimal_image: str
) -> None:
    """A server that answers has loaded Jupyter, and not one module of what it can do without."""
    loaded = set(said(docker_program, minimal_image, LOADED).split())
    assert {"jupyter_server", "jupyterhub", "jupyterlab", "notebook", "nbgitpuller"} <= loaded
    assert not loaded & NEVER_USED


def test_an_extension_may_use_what_was_put_off(docker_program: Path, minimal_image: str) -> None:
    """Whoever imports SQLAlchemy or requests in the server gets all of it."""
    assert said(docker_program, minimal_image, USED) == "True User HomeHandler True get"


def test_parts_of_the_server_may_use_what_was_put_off(
    docker_program: Path, minimal_image: str
) -> None:
    """Programs behind the server, kernels elsewhere, extensions and schemas find all they need."""
    words = "ClientSession WebSocket PyPIExtensionManager True False False"
    assert said(docker_program, minimal_image, USED_BY_OTHERS) == words


def test_the_hub_is_heard_as_by_jupyterhubs_own_client(
    docker_program: Path, minimal_image: str
) -> None:
    """Status, version and words of its answers are the same, and so is whether there is one."""
    assert said(docker_program, minimal_image, ASKED).splitlines() == ANSWERS


def said(docker: Path, image: str, code: str) -> str:
    """What *code* prints in a container of *image*."""
    command = [docker, "run", "--rm", "--network=none", image, "python", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
