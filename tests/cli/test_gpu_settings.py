"""Mistakes about GPUs that show once the machine was asked which it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.settings.samples import ensure_samples
from tests.cli.conftest import Crepre
from tests.machine.gpu_rig import GpuRig

GPU_COURSE = 'title = "ML"\nopen = true\n[profiles.a]\ntitle = "A"\ngpu = "{gpu}"\n'
LESSON = """
[[gpus.reservations]]
profile = "a"
seats = 4
day = 2099-01-08
starts = "10:15"
ends = "12:00"
"""


@pytest.fixture
def rig(tmp_path: Path) -> GpuRig:
    """A machine whose NVML finds four pretended cards; a lab in its folder."""
    ensure_samples(tmp_path)
    return GpuRig.make(tmp_path / "gpus")


def test_the_machine_is_asked_which_gpus_it_has(
    crepre: Crepre, tmp_path: Path, rig: GpuRig
) -> None:
    """A share that is too large and a card that is not there stop check and up with the place."""
    lab = tmp_path / "lab.toml"
    lab.write_text(
        lab.read_text().replace("\ncards = []", f'\ncards = [{{uuid = "{rig.uuids[0][:-1]}9"}}]')
    )
    (tmp_path / "courses" / "ml.toml").write_text(GPU_COURSE.format(gpu="25 GiB"))
    for words in (["check"], ["up", "--detach"]):
        done = crepre(*words, **rig.lab_environment())
        assert done.code == 2
        card, share = done.err.splitlines()
        assert card.startswith(
            f"lab.toml: gpus/cards/0/uuid: there is no GPU '{rig.uuids[0][:-1]}9'"
        )
        assert f"did you mean '{rig.uuids[0]}'?" in card
        assert share == (
            "courses/ml.toml: profiles/a/gpu: asks for 25 GiB of a GPU,"
            " and the largest here has 24 GiB (Pretended GPU)"
        )


def test_a_card_that_has_failed_keeps_no_lab_down(
    crepre: Crepre, tmp_path: Path, rig: GpuRig
) -> None:
    """Check names it and finds no mistake, though a lesson has all cards; the doctor helps."""
    (tmp_path / "courses" / "ml.toml").write_text(GPU_COURSE.format(gpu="24 GiB") + LESSON)
    assert crepre("check", **rig.lab_environment()).code == 0
    crepre("gpu", "board", **rig.lab_environment())  # as a hub does: from now on they are known
    rig.measure(_3=None)
    done = crepre("check", **rig.lab_environment())
    assert (done.code, f"Not found by NVML: {rig.uuids[3]}" in done.out) == (0, True)
    report = crepre("doctor", "--json", **rig.lab_environment()).json
    (found,) = [each for each in report if each["check"] == "gpus"]
    assert found["level"] == "error"
    assert f"Not found by NVML: {rig.uuids[3]} (Pretended GPU). 3 GPUs" in found["text"]
    assert "dmesg" in found["remedy"]


def test_gpus_that_are_there_are_no_mistake(crepre: Crepre, tmp_path: Path, rig: GpuRig) -> None:
    """A share that fits; where NVML finds none, any share: a teacher may check on a laptop."""
    file = tmp_path / "courses" / "ml.toml"
    file.write_text(GPU_COURSE.format(gpu="24 GiB"))
    assert crepre("check", **rig.lab_environment()).code == 0
    file.write_text(GPU_COURSE.format(gpu="99 GiB"))
    assert crepre("check").code == 0


def test_the_doctor_says_which_gpus_there_are(crepre: Crepre, tmp_path: Path, rig: GpuRig) -> None:
    """Those that NVML found, by its driver; a card that fell off the bus is an error."""
    texts = []
    for cards in ({"_1": {"fails": 15}}, {}):
        rig.measure(**cards)
        report = crepre("doctor", "--json", **rig.lab_environment()).json
        texts += [each["text"] for each in report if each["check"] == "gpus"]
    failing, well = texts
    assert failing.startswith("GPU number 1: It fell off the bus")
    assert well.startswith("4 GPUs found by NVML (driver 615.71.05).")
