"""A server that starts looks once at what is installed, and afterwards all is as before."""

from __future__ import annotations

import gc
import importlib.metadata
from collections.abc import Iterator

import pytest
from crepre_seat.haste import RARELY, Haste


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each look at what is installed."""
    looks: list[object] = []
    there = importlib.metadata.entry_points

    def look(**wanted: str) -> object:
        looks.append(wanted)
        return there(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", look)
    return looks


@pytest.fixture
def haste(looks: list[object]) -> Iterator[Haste]:
    """A server that has begun to start."""
    haste = Haste()
    haste.begin()
    yield haste
    haste.end()
    gc.unfreeze()


@pytest.mark.usefixtures("haste")
def test_what_is_installed_is_looked_at_once(looks: list[object]) -> None:
    """However many groups of entry points are asked for, the packages are read one time."""
    scripts = importlib.metadata.entry_points(group="console_scripts")
    plugins = importlib.metadata.entry_points(group="pytest11", name="anyio")
    assert {each.name for each in scripts} >= {"pytest", "jupyterhub"}
    assert {each.group for each in plugins} <= {"pytest11"}
    assert len(looks) == 1


def test_after_the_start_what_is_installed_is_looked_at_again(
    haste: Haste, looks: list[object]
) -> None:
    """Also by those who kept the function that they imported during the start."""
    kept = importlib.metadata.entry_points
    kept(group="console_scripts")
    haste.end()
    assert kept(group="console_scripts")
    assert len(looks) == 2
    assert importlib.metadata.entry_points != kept


def test_garbage_is_searched_as_before_after_the_start(looks: list[object]) -> None:
    """Only the start itself goes without; what it left is not searched again."""
    before = gc.get_threshold()
    haste = Haste()
    haste.begin()
    assert gc.get_threshold()[0] == RARELY
    haste.end()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
