"""What the doctor makes of GPUs, of what keeps their shares, and of what lends them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crepre_hub.backends.docker.gpu_checks import LendingFacts, judge_lending, lending_facts
from crepre_hub.doctor.gpus import (
    CapFacts,
    GpuFacts,
    gpu_problems,
    judge_caps,
    judge_gpus,
    look_at_caps,
)
from crepre_hub.gpu.given import Cap
from crepre_hub.gpu.gpus import Gpu, Health, Tier
from crepre_hub.gpu.troubles import Trouble
from crepre_hub.probes import gpu_caps
from crepre_hub.probes.gpus import GpuInventory
from crepre_hub.settings.gpus import GpuCard, GpusSection
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.problems import Problem
from crepre_hub.settings.reader import Settings, read_course
from tests.unit.doctor.test_machine_checks import lines

GiB = 1024**3
CARD = Gpu("GPU-a", "NVIDIA RTX 4090", 24 * GiB, Tier.SHARED)
TWO = GpuInventory((CARD, replace(CARD, uuid="GPU-b")), "615.71.05")
LOST = Trouble("GPU-c", "It fell off the bus.", "Reboot the machine.")


@pytest.mark.parametrize(
    ("seen", "levels", "words"),
    [
        (GpuFacts(TWO, is_wanted=True), ["ok"], "2 GPUs found by NVML (driver 615.71.05)."),
        (GpuFacts(TWO, is_wanted=False), ["ok"], "No course asks for a GPU."),
        (GpuFacts(GpuInventory(), is_wanted=False), ["skipped"], "No GPUs were found by NVML."),
        (GpuFacts(GpuInventory(), is_wanted=True), ["error"], "Courses ask for GPUs."),
        (GpuFacts(replace(TWO, troubles=(LOST,)), is_wanted=True), ["error"], "GPU-c: It fell off"),
        (
            GpuFacts(TWO, is_wanted=True, problems=(Problem("lab.toml", "gpus", "x"),)),
            ["error"],
            "lab.toml: gpus: x.",
        ),
        (
            GpuFacts(TWO, is_wanted=True, missing=(replace(CARD, uuid="GPU-d"),)),
            ["error"],
            "Not found by NVML: GPU-d (NVIDIA RTX 4090). 2 GPUs found",
        ),
    ],
)
def test_gpus(seen: GpuFacts, levels: list[str], words: str) -> None:
    """What fails or is asked for in vain is an error; GPUs that nobody wants are none."""
    found = list(judge_gpus(seen))
    assert [each.level for each in found] == levels
    assert words in found[0].text
    assert all(each.remedy for each in found if each.level == "error")


@pytest.mark.parametrize(
    ("cap", "why", "level", "words"),
    [
        (Cap.DRIVER, "", "ok", "enforced by the driver"),
        (Cap.MPS, "", "ok", "share crashes"),
        (Cap.MPS, "no MPS daemon listens", "error", "no MPS daemon listens"),
        (Cap.COOPERATIVE, "the driver is older than R615", "warning", "older than R615"),
    ],
)
def test_shares(cap: Cap, why: str, level: str, words: str) -> None:
    """Only what nobody gets around is called enforced."""
    (found,) = judge_caps((CapFacts((CARD,), cap, why),))
    assert found.level == level
    assert words in found.text
    assert ("enforced" in found.text) == (cap is Cap.DRIVER)
    assert bool(found.remedy) == (level != "ok")


def test_gpus_that_are_alike_are_told_once(tmp_path: Path) -> None:
    """Forty cards with the same fate are one line."""
    cards = tuple(GpuCard(uuid=f"GPU-{n}", name="RTX", memory="8 GiB") for n in range(40))
    section = GpusSection(found_by="list", cards=cards, tier="shared", cap="cooperative")
    found = list(judge_caps(look_at_caps(lab_with(tmp_path, section, "6 GiB"), "docker")))
    assert [each.text for each in found] == [
        "Shares of 40 GPUs (RTX) are kept by good manners alone: lab.toml says so."
    ]


@pytest.mark.parametrize(("backend", "level"), [("docker", "ok"), ("local", "warning")])
def test_the_driver_limits_containers_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str, level: str
) -> None:
    """What it could do is not called enforced where nobody is limited by it."""
    monkeypatch.setattr(gpu_caps, "why_no_limits", lambda uuid, memory: "")
    card = GpuCard(uuid="GPU-0", name="RTX", memory="8 GiB")
    section = GpusSection(found_by="list", cards=(card,), tier="shared")
    (found,) = judge_caps(look_at_caps(lab_with(tmp_path, section, "6 GiB"), backend))
    assert (found.level, "enforced" in found.text) == (level, level == "ok")


def test_no_shared_gpu_has_no_shares() -> None:
    """Nothing to say of a lab that lends whole GPUs."""
    assert [level for level, _ in lines(judge_caps(()))] == ["skipped"]


READY = LendingFacts("1.17.8", has_hook=True)
BY_CDI = replace(READY, cdi=frozenset({"nvidia.com/gpu=GPU-a"}))


@pytest.mark.parametrize(
    ("seen", "levels"),
    [
        (None, ["skipped"]),
        (READY, ["ok"]),
        (BY_CDI, ["ok"]),
        (replace(READY, toolkit="1.18.0"), ["ok"]),
        (replace(READY, toolkit="1.17.7"), ["error"]),
        (replace(READY, toolkit=""), ["warning"]),
        (replace(READY, cgroup_driver="systemd"), ["warning"]),
        (replace(BY_CDI, cgroup_driver="systemd"), ["ok"]),
        (replace(READY, default_runtime="nvidia"), ["error"]),
        (LendingFacts(), ["error"]),
        (replace(BY_CDI, has_hook=False, toolkit=""), ["ok"]),
    ],
)
def test_lending(seen: LendingFacts | None, levels: list[str]) -> None:
    """No toolkit, one with a known way out, a runtime that shows all: each with what to type."""
    found = list(judge_lending(seen))
    assert [each.level for each in found] == levels
    assert all(each.remedy for each in found if each.level in ("error", "warning"))


@pytest.mark.parametrize(
    ("info", "cdi"),
    [
        ({}, set()),
        ({"DiscoveredDevices": None}, set()),
        (
            {"DiscoveredDevices": [{"ID": "nvidia.com/gpu=all"}, {"ID": "vendor1.com/nic=0"}]},
            {"nvidia.com/gpu=all"},
        ),
    ],
)
def test_what_an_engine_says_of_cdi(info: dict[str, Any], cdi: set[str]) -> None:
    """Engines before 28.2 say nothing; of others NVIDIA's GPUs count."""
    assert lending_facts(info, toolkit="", has_hook=False).cdi == cdi


def lab_with(tmp_path: Path, section: GpusSection, gpu: str) -> Settings:
    """A lab whose one course asks for *gpu*."""
    (tmp_path / "ml.toml").write_text(f'title = "ML"\n[profiles.x]\ntitle = "X"\ngpu = "{gpu}"\n')
    course = read_course(tmp_path / "ml.toml", images=["course-cpu"])
    return Settings(tmp_path, Lab(gpus=section), (course,))


def test_all_mistakes_about_gpus_are_told_at_once(tmp_path: Path) -> None:
    """A card that was mistyped and a share larger than any."""
    section = GpusSection(cards=(GpuCard(uuid="GPU-aa"),))
    found = gpu_problems(lab_with(tmp_path, section, "99 GiB"), TWO)
    assert [(each.file, each.path) for each in found] == [
        ("lab.toml", "gpus/cards/0/uuid"),
        ("courses/ml.toml", "profiles/x/gpu"),
    ]


@pytest.mark.parametrize(
    ("gone", "gpu", "paths"),
    [
        (replace(CARD, uuid="GPU-gone", memory=48 * GiB, health=Health.MISSING), "48 GiB", []),
        (replace(CARD, uuid="GPU-gone", memory=48 * GiB, drained="Sold."), "48 GiB", []),
        (replace(CARD, uuid="GPU-gone"), "48 GiB", ["profiles/x/gpu"]),
        (Gpu("GPU-gone", "", 0), "48 GiB", []),
    ],
)
def test_a_card_that_has_failed_makes_no_mistakes_of_settings(
    tmp_path: Path, gone: Gpu, gpu: str, paths: list[str]
) -> None:
    """It counts as if it were there; one that only lab.toml knows may have any memory."""
    found = gpu_problems(lab_with(tmp_path, GpusSection(), gpu), TWO, [gone])
    assert [each.path for each in found] == paths


@pytest.mark.parametrize("seen", [GpuInventory(troubles=(LOST,)), GpuInventory()])
def test_a_driver_that_is_away_makes_no_mistakes_of_settings(
    tmp_path: Path, seen: GpuInventory
) -> None:
    """The lab still starts for those who need no GPU; the doctor says what is wrong."""
    section = GpusSection(cards=(GpuCard(uuid="GPU-z"),))
    assert not gpu_problems(lab_with(tmp_path, section, "6 GiB"), seen)
