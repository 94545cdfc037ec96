"""A home is blamed for a kernel that does not start only where there is evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from crepre_seat import rescue as module
from crepre_seat.rescue import FULL, Rescue, until_it_answers

Story = Callable[[int, bool], str]
"""What becomes of the start of a number, with or without the home: well, ended, silent."""


@dataclass
class ToldKernel:
    """A kernel whose starts end as a story tells."""

    rescue: Rescue
    story: Story
    starts: list[bool] = field(default_factory=lambda: [True])

    @property
    def _state(self) -> str:
        return self.story(len(self.starts), self.starts[-1])

    async def answers(self) -> bool:
        return self._state == "well"

    async def has_ended(self) -> bool:
        return self._state == "ended"

    async def start_again(self) -> None:
        self.starts.append(not self.rescue.environment)


@pytest.fixture
def rescue() -> Rescue:
    return Rescue()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with packages of its own."""
    (tmp_path / ".local" / "lib" / "python3.13").mkdir(parents=True)
    return tmp_path


def started(rescue: Rescue, home: Path, story: Story) -> list[bool]:
    """For each start of a kernel, whether it had what is in the home."""
    kernel = ToldKernel(rescue, story)
    asyncio.run(until_it_answers(kernel, rescue, home))
    return kernel.starts


def told(rescue: Rescue) -> list[str]:
    return [notice.text for notice in rescue.notices.told]


def test_a_kernel_that_answers_is_let_alone(rescue: Rescue, home: Path) -> None:
    """One start, nothing told."""
    assert started(rescue, home, lambda number, with_home: "well") == [True]
    assert (told(rescue), rescue.environment) == ([], {})


def test_a_kernel_that_ends_by_chance_is_blamed_on_nobody(rescue: Rescue, home: Path) -> None:
    """It is started once more as it was, and all kernels keep the home."""
    assert started(rescue, home, lambda number, _: "ended" if number == 1 else "well") == [True] * 2
    assert (told(rescue), rescue.environment) == ([], {})


def test_a_home_that_ends_kernels_is_left_out_and_named(rescue: Rescue, home: Path) -> None:
    """Twice with the home it ends, once without it answers: that is evidence."""
    starts = started(rescue, home, lambda _, with_home: "ended" if with_home else "well")
    assert starts == [True, True, False]
    assert "PYTHONNOUSERSITE" in rescue.environment
    assert [text.partition(",")[0] for text in told(rescue)] == [
        "No kernel started with ~/.local/lib"
    ]


def test_a_home_that_holds_kernels_up_is_left_out_at_once(rescue: Rescue, home: Path) -> None:
    """A minute of silence is not waited for twice."""
    starts = started(rescue, home, lambda _, with_home: "silent" if with_home else "well")
    assert starts == [True, False]
    assert len(told(rescue)) == 1


@pytest.mark.parametrize("state", ["ended", "silent"])
def test_a_home_is_not_blamed_where_kernels_start_without_it_neither(
    state: str, rescue: Rescue, home: Path
) -> None:
    """Something else is wrong; the next kernel gets the home again."""
    started(rescue, home, lambda *_: state)
    assert (told(rescue), rescue.environment) == ([], {})


def test_a_later_failure_takes_nothing_back(rescue: Rescue, home: Path) -> None:
    """Once the home was to blame it stays left out."""
    started(rescue, home, lambda _, with_home: "ended" if with_home else "well")
    rescue.put_back()
    assert rescue.environment


@pytest.mark.parametrize("first_that_answers", [2, 3, 9])
def test_a_full_home_is_told_of_however_it_ends(
    first_that_answers: int, rescue: Rescue, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That there is no room is seen at the first failure, and needs no other evidence."""
    monkeypatch.setattr(module, "is_full", lambda _: True)
    started(rescue, home, lambda number, _: "well" if number >= first_that_answers else "ended")
    assert told(rescue) == [FULL]
