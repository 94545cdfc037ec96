"""
``crepre-seat``: JupyterHub's single-user server, begun without what it loads and never uses.

More than half of the work of a start is importing, and much of that is for nothing:

- JupyterHub's logging and scopes import the hub's database (SQLAlchemy, Alembic);
- its questions to the hub import aiohttp, a second client for HTTP; see ``hub_client``;
- JupyterLab's managers of extensions import a third and a fourth (httpx, requests), to install
  extensions and to fetch lists of forbidden ones;
- Jupyter Server imports websocket, for kernels on other machines;
- JSON schemas import arrow, a library for dates, to read durations, and know all forms of web
  addresses; see ``addresses``;
- the extension notebook_shim, which carries settings over from the Notebook of before 2023,
  imports a whole IPython to look at them.

The last stays out; the others are put off until somebody uses them.

Source: ``jupyterhub/log.py``, ``jupyterlab/extensions/pypi.py``, ``jupyter_server/gateway``,
``jsonschema/_format.py``, ``notebook_shim/nbserver.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from crepre_seat import later
from crepre_seat.addresses import validate_rfc3986
from crepre_seat.gpu_share import share_of_torch
from crepre_seat.haste import HASTE
from crepre_seat.hub_client import fetch
from crepre_seat.later import call_later
from crepre_seat.places import stand_ins

SETTINGS = Path(sys.prefix, "share", "crepre", "jupyter")

APART: Mapping[str, str] = {
    "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",
}
"""
The home cannot keep the server from starting: its configuration files are not read, and what is
installed wins over what is in the home. JupyterLab's own settings, such as the theme, stay.
"""


class HealthCheckHandler:
    """Stands for the hub's own handler, of which a single-user server has none."""


class SQLAlchemyError(Exception):
    """Stands for the database's errors, of which a single-user server has none."""


PYPI = "jupyterlab.extensions.pypi"

PUT_OFF: Mapping[str, Mapping[str, object]] = {
    "sqlalchemy": {},
    "sqlalchemy.exc": {"SQLAlchemyError": SQLAlchemyError},
    "jupyterhub.orm": {},
    "jupyterhub.roles": {},
    "jupyterhub.handlers": {},
    "jupyterhub.handlers.pages": {"HealthCheckHandler": HealthCheckHandler},
    "jupyterhub.httpclient": {"fetch": fetch},
    "aiohttp": {},  # of jupyter-server-proxy's, once a program is looked at through it
    "requests": {},
    PYPI: {"PyPIExtensionManager": call_later(PYPI, "PyPIExtensionManager")},
    "websocket": {},
    "isoduration": {"DurationParsingException": ValueError},  # its base
    "rfc3986_validator": {"validate_rfc3986": validate_rfc3986},
}
"""Modules that are loaded when first used, and what they are known to have before that."""

PACKAGES = ("sqlalchemy", "jupyterhub.handlers", "aiohttp", "requests", "websocket", "isoduration")
"""Those of them that hold further modules."""


def put_off() -> None:
    """Let what a server seldom or never uses be imported when it does."""
    later.put_off(PUT_OFF, packages=PACKAGES)


def main() -> None:
    """Run the server; the arguments are those of ``jupyterhub-singleuser``."""
    HASTE.begin()
    put_off()
    before = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, (before, str(SETTINGS))))
    os.environ |= APART | stand_ins(Path.home(), os.environ) | share_of_torch(os.environ)
    from jupyterhub.singleuser import main as serve

    serve()
