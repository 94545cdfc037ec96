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
          if name.partition(".")[0] in ("sqlalchemy", "alembic")))
"""

USED = """
from crepre_seat.start import put_off
put_off()
import jupyterhub.singleuser
from sqlalchemy.orm import declarative_base
from sqlalchemy.exc import IntegrityError
import sqlalchemy, jupyterhub.orm, jupyterhub.handlers.pages
sqlalchemy.create_engine("sqlite://").connect().close()
print(issubclass(IntegrityError, sqlalchemy.exc.SQLAlchemyError),
      jupyterhub.orm.User.__name__, jupyterhub.handlers.pages.HomeHandler.__name__)
"""


def test_a_server_does_not_load_the_hubs_database(docker_program: Path, minimal_image: str) -> None:
    """Of SQLAlchemy and Alembic not one module is loaded."""
    assert said(docker_program, minimal_image, LOADED) == "0"


def test_an_extension_may_use_what_was_put_off(docker_program: Path, minimal_image: str) -> None:
    """Whoever imports SQLAlchemy in the server gets all of it."""
    assert said(docker_program, minimal_image, USED) == "True User HomeHandler"


def said(docker: Path, image: str, code: str) -> str:
    """What *code* prints in a container of *image*."""
    command = [docker, "run", "--rm", "--network=none", image, "python", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
