"""A kernel waits for an import, and costs nothing before it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crepre_seat.kernel import AfterImport, load_ipython_extension


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that can be imported, and is forgotten afterwards."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "crepre_score").mkdir()
    (tmp_path / "crepre_score" / "__init__.py").write_text("notes = 3\n")
    (tmp_path / "crepre_score" / "part.py").write_text("")
    yield "crepre_score"
    for name in [name for name in sys.modules if name.startswith("crepre_score")]:
        del sys.modules[name]


def test_it_is_told_once_when_the_module_is_whole(score: str) -> None:
    """What waits is called after the import, with all of the module there, and once only."""
    seen: list[int] = []
    sys.meta_path.insert(0, AfterImport(score, lambda: seen.append(sys.modules[score].notes)))
    importlib.import_module("json")
    assert seen == []
    module = importlib.import_module(score)
    importlib.import_module(f"{score}.part")
    importlib.reload(module)
    assert seen == [3]


def test_the_module_is_as_ever(score: str) -> None:
    """The module does not show that somebody waited for it."""
    plain = type(importlib.util.find_spec(score).loader)
    sys.meta_path.insert(0, AfterImport(score, lambda: None))
    module = importlib.import_module(score)
    assert type(module.__loader__) is type(module.__spec__.loader) is plain


def test_a_module_that_is_not_there_is_missing_as_ever(score: str) -> None:
    """Whoever imports what is not installed reads so; once it is installed, the wait goes on."""
    waits = AfterImport("crepre_absent", lambda: None)
    sys.meta_path.insert(0, waits)
    with pytest.raises(ModuleNotFoundError, match="crepre_absent"):
        importlib.import_module("crepre_absent")
    assert waits in sys.meta_path


def test_loading_the_extension_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """``%load_ext`` in a cell does no harm."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    load_ipython_extension(None)
    load_ipython_extension(None)
    assert sum(isinstance(each, AfterImport) for each in sys.meta_path) == 1
