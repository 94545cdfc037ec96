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

NEVER_USED = {"IPython", "alembic", "prompt_toolkit", "requests", "sqlalchemy", "urllib3"}
"""The hub's database, a second library for HTTP, and what a kernel is, of which it has its own."""

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


def said(docker: Path, image: str, code: str) -> str:
    """What *code* prints in a container of *image*."""
    command = [docker, "run", "--rm", "--network=none", image, "python", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
