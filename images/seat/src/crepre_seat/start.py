"""
``crepre-seat``: JupyterHub's single-user server, begun without what it loads and never uses.

Nearly half of the work of a start is importing two things. JupyterHub's logging and scopes import
the hub's database (SQLAlchemy, Alembic), and the extension notebook_shim, which carries settings
over from the Notebook of before 2023, imports a whole IPython to look at them. The first is put
off here until somebody asks for it, as Python 3.15's lazy imports will do; the second stays out.
So is requests, with which JupyterLab would fetch lists of forbidden extensions, if there were any.

Source: https://peps.python.org/pep-0810/, ``jupyterhub/log.py``, ``notebook_shim/nbserver.py``.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from crepre_seat.gpu_share import share_of_torch
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


PUT_OFF: Mapping[str, Mapping[str, object]] = {
    "sqlalchemy": {},
    "sqlalchemy.exc": {"SQLAlchemyError": SQLAlchemyError},
    "jupyterhub.orm": {},
    "jupyterhub.roles": {},
    "jupyterhub.handlers": {},
    "jupyterhub.handlers.pages": {"HealthCheckHandler": HealthCheckHandler},
    "requests": {},  # JupyterLab's, for lists of forbidden extensions, of which a seat has none
}
"""Modules that are loaded when first used, and what they are known to have before that."""

PACKAGES = ("sqlalchemy", "jupyterhub.handlers", "requests")
"""Those of them that hold further modules; to import one of these uses the package."""


class LaterModule(ModuleType):
    """A module that is imported when something is asked of it that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        """Import the module itself, which then is there instead of this one."""
        if name.startswith("__") and not (name == "__path__" and self.__name__ in PACKAGES):
            raise AttributeError(name)  # asked by those who look through all modules
        if sys.modules.get(self.__name__) is self:
            for put_off in [each for each, there in sys.modules.items() if _is_later(there)]:
                del sys.modules[put_off]
        real = importlib.import_module(self.__name__)
        return getattr(real, name)


def put_off(modules: Mapping[str, Mapping[str, object]] = PUT_OFF) -> None:
    """Let *modules* be imported when they are first used; those that are there stay."""
    for name, known in modules.items():
        if name in sys.modules:
            continue
        module = LaterModule(name)
        module.__dict__.update(known)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(importlib.import_module(parent), child, module)


def main() -> None:
    """Run the server; the arguments are those of ``jupyterhub-singleuser``."""
    put_off()
    before = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, (before, str(SETTINGS))))
    os.environ |= APART | stand_ins(Path.home(), os.environ) | share_of_torch(os.environ)
    from jupyterhub.singleuser import main as serve

    serve()


def _is_later(module: ModuleType) -> bool:
    return type(module) is LaterModule
