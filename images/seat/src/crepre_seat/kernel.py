"""
What every kernel of the lab is told when it starts; an IPython extension.

It costs a kernel's start next to nothing: all it does is wait for an import.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Let music21, once it is imported, be heard in the browser."""
    if not any(isinstance(each, AfterImport) for each in sys.meta_path):
        sys.meta_path.insert(0, AfterImport("music21", set_up_music21))


def set_up_music21() -> None:
    """See ``music``, which is loaded now."""
    from crepre_seat import music

    music.set_up_music21()


class AfterImport(MetaPathFinder):
    """Calls *then* once, when the module *name* has been imported."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Step aside, and give the module's own way of loading a second half."""
        if fullname != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)  # it is not here yet; pip may bring it
            return None
        spec.loader = LoadAndThen(spec.loader, self._then)
        return spec


class LoadAndThen(Loader):
    """Loads as *loader* does and then calls *then*."""

    def __init__(self, loader: Loader, then: Callable[[], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the loader does, which is all that the module remembers; then the second half."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._then()
