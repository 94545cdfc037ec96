"""Modules that the single-user server never uses are not loaded; who does use one gets it whole."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crepre_seat.later import LaterModule, call_later, put_off


@pytest.fixture
def a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that nobody has imported yet."""
    (tmp_path / "heavy_thing.py").write_text("class Part:\n    pass\n\nWEIGHT = 12\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "heavy_thing"
    sys.modules.pop("heavy_thing", None)


def test_importing_a_module_that_is_put_off_does_not_load_it(a_module: str) -> None:
    """An import statement alone is answered with a stand-in."""
    put_off({a_module: {}})
    assert type(importlib.import_module(a_module)) is LaterModule


def test_what_is_asked_of_a_module_that_is_put_off_is_the_real_thing(a_module: str) -> None:
    """The first use loads the module, and it is the one that everybody imports from then on."""
    put_off({a_module: {}})
    early = importlib.import_module(a_module)
    assert early.WEIGHT == 12
    late = importlib.import_module(a_module)
    assert type(late) is not LaterModule
    assert early.Part is late.Part


def test_what_a_module_is_known_to_have_does_not_load_it(a_module: str) -> None:
    """A name that is given beforehand is answered without the module."""
    put_off({a_module: {"WEIGHT": 1}})
    assert importlib.import_module(a_module).WEIGHT == 1
    assert type(sys.modules[a_module]) is LaterModule


def test_looking_through_all_modules_loads_none(a_module: str) -> None:
    """Names with two underscores, which the import system and inspectors ask for, load nothing."""
    put_off({a_module: {}})
    assert not hasattr(sys.modules[a_module], "__file__")
    assert type(sys.modules[a_module]) is LaterModule


def test_what_may_never_be_called_is_there_without_its_module(a_module: str) -> None:
    """A class that is only imported loads nothing; called, it is the module's own."""
    put_off({a_module: {"Part": call_later(a_module, "Part")}})
    part = importlib.import_module(a_module).Part
    assert type(sys.modules[a_module]) is LaterModule
    assert isinstance(part(), importlib.import_module(a_module).Part)
    assert type(sys.modules[a_module]) is not LaterModule


def test_a_part_of_a_package_that_is_put_off_loads_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module within is found as if nothing had been put off."""
    (tmp_path / "heavy_box").mkdir()
    (tmp_path / "heavy_box" / "__init__.py").write_text("")
    (tmp_path / "heavy_box" / "part.py").write_text("WEIGHT = 12\n")
    monkeypatch.syspath_prepend(tmp_path)
    put_off({"heavy_box": {}}, packages={"heavy_box"})
    assert importlib.import_module("heavy_box.part").WEIGHT == 12
    for name in ("heavy_box", "heavy_box.part"):
        sys.modules.pop(name)


def test_a_part_of_a_package_that_is_not_there_keeps_nobody_from_starting() -> None:
    """An image without JupyterLab has no extensions of its to put off."""
    put_off({"not_there_at_all.extensions": {}})
    assert type(sys.modules.pop("not_there_at_all.extensions")) is LaterModule


def test_a_module_that_is_there_already_stays(a_module: str) -> None:
    """What somebody has imported before is left as it is."""
    before = importlib.import_module(a_module)
    put_off({a_module: {}})
    assert sys.modules[a_module] is before
