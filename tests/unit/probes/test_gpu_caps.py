"""What is seen to keep shares of a GPU."""

from __future__ import annotations

from pathlib import Path

import pynvml
import pytest

from crepre_hub.gpu.given import Cap
from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.probes import gpu_caps
from crepre_hub.probes.gpu_caps import DriverLimits, seen_cap, why_no_mps
from crepre_hub.settings.gpus import GpusSection
from tests.machine.nvml_library import Card, GiB
from tests.unit.probes.conftest import Machine

SHARED = Gpu("GPU-a", "RTX", 24 * GiB, Tier.SHARED)
ALONE = Gpu("GPU-b", "RTX", 24 * GiB, Tier.EXCLUSIVE)


@pytest.mark.parametrize(
    ("why_not", "cap"), [("", Cap.DRIVER), ("the driver is older than R615", Cap.COOPERATIVE)]
)
def test_the_driver_is_taken_at_its_deeds(
    monkeypatch: pytest.MonkeyPatch, why_not: str, cap: Cap
) -> None:
    """Only where a limit was set is there one; a GPU for one person needs none."""
    monkeypatch.setattr(gpu_caps, "why_no_limits", lambda uuid, memory: why_not)
    assert seen_cap(GpusSection(), SHARED) == (cap, why_not)
    assert seen_cap(GpusSection(), ALONE) == (Cap.NONE, "")
    limits = DriverLimits(GpusSection())
    limits.try_out([SHARED, ALONE])
    assert [gpu.uuid in limits for gpu in (SHARED, ALONE)] == [not why_not, False]


def test_what_the_admin_chose_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """With good manners alone no limit is set anywhere."""
    monkeypatch.setattr(gpu_caps, "why_no_limits", lambda *_: pytest.fail("was tried"))
    section = GpusSection(cap="cooperative")
    assert seen_cap(section, SHARED)[0] is Cap.COOPERATIVE
    limits = DriverLimits(section)
    limits.try_out([SHARED])
    assert SHARED.uuid not in limits


def test_mps_keeps_shares_where_nobody_gets_past_it(machine: Machine, tmp_path: Path) -> None:
    """Its daemon listens, and the GPU takes programs from it alone."""
    card = Card("GPU-a")
    machine(card)
    assert "no MPS daemon" in why_no_mps("GPU-a", tmp_path)
    (tmp_path / "GPU-a").mkdir()
    (tmp_path / "GPU-a" / "control").touch()
    assert "go past MPS" in why_no_mps("GPU-a", tmp_path)
    card.mode = pynvml.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS
    assert why_no_mps("GPU-a", tmp_path) == ""
    card.fails = pynvml.NVML_ERROR_GPU_IS_LOST
    assert "does not tell" in why_no_mps("GPU-a", tmp_path)
