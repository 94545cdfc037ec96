"""
On the PYTHONPATH of a lab under test: NVML is a file there, ``CREPRE_TEST_NVML``.

NVIDIA's own bindings run as they are; only the C library below them is another.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).parents[3]


class WithPretendedLibrary(Loader):
    """Loads the bindings, then gives them the library."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._own.exec_module(module)
        sys.path.append(str(TESTS))
        from tests.machine.nvml_library import Card, Library  # noqa: PLC0415

        class FromFile(Library):
            """Whose cards are those in the file at each opening."""

            def nvmlInitWithFlags(self, flags: int) -> int:
                rows = json.loads(Path(os.environ["CREPRE_TEST_NVML"]).read_text())
                self.cards = [Card.of(row) for row in rows]
                return super().nvmlInitWithFlags(flags)

        module.nvmlLib = FromFile()  # type: ignore[attr-defined]
        sys.path.remove(str(TESTS))


class Finder(MetaPathFinder):
    """Finds the bindings where they are, and nothing else."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "pynvml":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = WithPretendedLibrary(spec.loader)
        return spec


sys.meta_path.insert(0, Finder())
