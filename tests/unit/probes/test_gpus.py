"""Which GPUs there are, as NVML says, and what its failures mean."""

from __future__ import annotations

import pynvml
import pytest

from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.probes.gpus import GpuInventory, look_at_gpus
from crepre_hub.probes.nvml import MEANINGS
from crepre_hub.settings.gpus import GpuCard, GpusSection
from tests.machine.nvml_library import Card, GiB
from tests.unit.probes.conftest import Machine


def test_each_card_is_found_by_its_uuid(machine: Machine) -> None:
    """Name, memory and driver are NVML's own; the library is closed again."""
    library = machine(Card("GPU-a"), Card("GPU-b", "NVIDIA RTX A6000", 48 * GiB))
    found = look_at_gpus(GpusSection())
    assert found.gpus == (
        Gpu("GPU-a", "NVIDIA GeForce RTX 4090", 24 * GiB),
        Gpu("GPU-b", "NVIDIA RTX A6000", 48 * GiB),
    )
    assert (found.driver, found.troubles) == ("615.71.05", ())
    assert found.in_words == "2 GPUs found by NVML (driver 615.71.05)."
    assert library.open == 0


def test_slices_stand_for_their_card(machine: Machine) -> None:
    """A card that MIG has cut is no device; its slices are, whatever numbers they have."""
    half = Card("MIG-1", "NVIDIA RTX PRO 6000 MIG 2g.48gb", 48 * GiB)
    quarter = Card("MIG-2", "NVIDIA RTX PRO 6000 MIG 1g.24gb", 24 * GiB)
    machine(Card("GPU-a", slices=[half, None, quarter, None]), Card("GPU-b"))
    cards = (GpuCard(uuid="GPU-a", tier="shared"), GpuCard(uuid="MIG-2", tier="exclusive"))
    found = look_at_gpus(GpusSection(cards=cards)).gpus
    assert [(each.uuid, each.parent, each.tier) for each in found] == [
        ("MIG-1", "GPU-a", Tier.SHARED),
        ("MIG-2", "GPU-a", Tier.EXCLUSIVE),
        ("GPU-b", "", Tier.EXCLUSIVE),
    ]


def test_a_list_is_all_there_is(machine: Machine) -> None:
    """NVML is not asked, whatever it might find or fail with."""
    machine(Card("GPU-a"), init=pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    cards = (GpuCard(uuid="GPU-x", name="RTX 3060", memory="12 GiB"),)
    found = look_at_gpus(GpusSection(found_by="list", cards=cards))
    assert found.gpus == (Gpu("GPU-x", "RTX 3060", 12 * GiB),)
    assert found.in_words == "1 GPU listed in lab.toml."
    assert not found.troubles


def test_a_machine_without_nvml_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """No driver is no trouble."""
    monkeypatch.setattr(pynvml, "nvmlLib", None)

    def absent(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(pynvml, "CDLL", absent)
    found = look_at_gpus(GpusSection())
    assert found == GpuInventory()
    assert found.in_words == "No GPUs were found by NVML."


@pytest.mark.parametrize("code", [each for each in MEANINGS if each != pynvml.NVML_ERROR_NOT_FOUND])
def test_one_failing_card_leaves_the_others(machine: Machine, code: int) -> None:
    """What is wrong with it is a sentence, with what to do next."""
    machine(Card("GPU-a", fails=code), Card("GPU-b"))
    found = look_at_gpus(GpusSection())
    assert [each.uuid for each in found.gpus] == ["GPU-b"]
    (trouble,) = found.troubles
    assert trouble.gpu == "GPU number 0"
    assert trouble.text.endswith(".")
    assert trouble.remedy


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "has not loaded it"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "was upgraded"),
        (pynvml.NVML_ERROR_UNKNOWN, "NVML says: Unknown Error"),
        (4711, "NVML says: a code of its own"),
    ],
)
def test_a_failing_driver_is_told(machine: Machine, code: int, words: str) -> None:
    """A driver that is there and does not work is a trouble of all GPUs, and not of none."""
    machine(Card("GPU-a"), init=code)
    found = look_at_gpus(GpusSection())
    (trouble,) = found.troubles
    assert not found.gpus
    assert trouble.gpu == ""
    assert words in trouble.text
    assert trouble.remedy
    assert found.troubles_by_uuid == {"": trouble.text}
