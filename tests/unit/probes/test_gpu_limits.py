"""The driver's limit on a container's share."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.errors import GpuNotGiven
from crepre_hub.probes import gpu_limits
from crepre_hub.probes.gpu_limits import limit_memory, why_no_limits
from tests.machine.nvml_library import Card, GiB
from tests.unit.probes.conftest import Machine


@pytest.fixture
def unified(tmp_path: Path) -> Path:
    """The root of control groups of version 2."""
    (tmp_path / "cgroup.controllers").touch()
    return tmp_path


def test_the_limit_is_the_containers(
    machine: Machine, unified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set on the container's own control group, to the share, and nothing is reserved."""
    leaf = unified / "docker" / "x"
    leaf.mkdir(parents=True)
    monkeypatch.setattr(gpu_limits, "leaf_of", {7: leaf}.get)
    card = Card("GPU-a")
    machine(card)
    limit_memory(7, "GPU-a", 6 * GiB)
    assert card.limits == {str(leaf): 6 * GiB}


def test_no_limit_is_no_silent_success(
    machine: Machine, unified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver too old, and a machine without version 2, end in an error that says what to do."""
    machine(Card("GPU-a"), driver="580.65.06")
    for leaf in (unified, None):
        monkeypatch.setattr(gpu_limits, "leaf_of", {7: leaf}.get)
        with pytest.raises(GpuNotGiven) as caught:
            limit_memory(7, "GPU-a", 6 * GiB)
        assert "cooperative" in caught.value.remedy


def test_a_limit_is_tried_by_setting_one(machine: Machine, unified: Path) -> None:
    """Where it can be set there are limits; the group that it was tried on is gone."""
    card = Card("GPU-a")
    machine(card)
    assert why_no_limits("GPU-a", card.memory, unified) == ""
    assert list(card.limits.values()) == [card.memory]
    assert not [each for each in unified.iterdir() if each.is_dir()]


def test_two_may_try_at_once(machine: Machine, unified: Path) -> None:
    """In one process: the hub, and the doctor on its page."""
    machine(Card("GPU-a"))
    with gpu_limits._scratch_group(unified), gpu_limits._scratch_group(unified):
        assert why_no_limits("GPU-a", GiB, unified) == ""


def test_an_old_driver_has_no_limits(machine: Machine, unified: Path) -> None:
    """The function is missing: that is told with the first driver that has it."""
    machine(Card("GPU-a"), driver="580.65.06")
    assert why_no_limits("GPU-a", GiB, unified) == "the driver is older than R615"


def test_a_gpu_that_is_gone_has_no_limits(machine: Machine, unified: Path) -> None:
    """NVML's own word is told."""
    machine(Card("GPU-a"))
    assert why_no_limits("GPU-b", GiB, unified).startswith("the driver refused")


def test_version_1_has_no_limits(machine: Machine, tmp_path: Path) -> None:
    """Nothing is tried there."""
    machine(Card("GPU-a"))
    assert "version 2" in why_no_limits("GPU-a", GiB, tmp_path)
