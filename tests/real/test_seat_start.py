"""A student's server in its image starts light, and nothing is missing from it."""

from __future__ import annotations

import subprocess
from pathlib import Path

LOADED = """
import sys
from crepre_seat.start import put_off
put_off()
import jupyterhub.singleuser, jupyterlab.labapp, jupyter_server.serverapp
print(sum(hasattr(module, "__file__") for name, module in list(sys.modules.items())
          if name.partition(".")[0] in ("sqlalchemy", "alembic", "requests", "urllib3")))
"""

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
    """Of the hub's database, and of a second library for HTTP, not one module is loaded."""
    assert said(docker_program, minimal_image, LOADED) == "0"


def test_an_extension_may_use_what_was_put_off(docker_program: Path, minimal_image: str) -> None:
    """Whoever imports SQLAlchemy or requests in the server gets all of it."""
    assert said(docker_program, minimal_image, USED) == "True User HomeHandler True get"


def said(docker: Path, image: str, code: str) -> str:
    """What *code* prints in a container of *image*."""
    command = [docker, "run", "--rm", "--network=none", image, "python", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
