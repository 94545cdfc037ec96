"""A machine with the GPUs that a test says."""

from __future__ import annotations

from collections.abc import Callable

import pynvml
import pytest

from tests.machine.nvml_library import Card, Library

Machine = Callable[..., Library]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Puts a library in the place of NVIDIA's."""

    def with_cards(*cards: Card, **more: object) -> Library:
        library = Library(*cards, **more)
        monkeypatch.setattr(pynvml, "nvmlLib", library)
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        return library

    return with_cards
