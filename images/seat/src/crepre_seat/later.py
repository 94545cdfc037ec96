"""
Modules that are loaded when somebody first uses them, as Python 3.15's lazy imports will do.

Source: https://peps.python.org/pep-0810/
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any


class LaterModule(ModuleType):
    """
    A module that is imported when something is asked of it that it does not have yet.

    Attributes:
        is_package: Whether it holds further modules; to import one of these uses it.
    """

    is_package = False

    def __getattr__(self, name: str) -> Any:
        """Import the module itself, which then is there instead of this one."""
        if name.startswith("__") and not (name == "__path__" and self.is_package):
            raise AttributeError(name)  # asked by those who look through all modules
        return getattr(loaded(self.__name__), name)


def loaded(name: str) -> ModuleType:
    """The module *name* itself; if it was put off it is imported now, and nothing is any more."""
    if _is_later(sys.modules.get(name)):
        for put_off in [each for each, there in sys.modules.items() if _is_later(there)]:
            del sys.modules[put_off]
    return importlib.import_module(name)


def call_later(module: str, name: str) -> Callable[..., Any]:
    """What *module* has under *name*, for those who import it and may never call it."""

    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(loaded(module), name)(*arguments, **named)

    return call


def put_off(modules: Mapping[str, Mapping[str, object]], *, packages: Container[str] = ()) -> None:
    """
    Let *modules* be imported when they are first used; those that are there stay.

    Args:
        modules: Their names, and what each is known to have before it is loaded.
        packages: Those of them that hold further modules.
    """
    new = {name: LaterModule(name) for name in modules if name not in sys.modules}
    for name, module in new.items():
        module.is_package = name in packages
        module.__dict__.update(modules[name])
        sys.modules[name] = module
    for name, module in new.items():
        parent, _, child = name.rpartition(".")
        if parent:
            with suppress(ImportError):  # of a package that is not there, nobody asks for a part
                setattr(importlib.import_module(parent), child, module)


def _is_later(module: ModuleType | None) -> bool:
    return type(module) is LaterModule
