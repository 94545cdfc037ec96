"""Who uses the GPUs, as NVML says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pynvml
import pytest

from crepre_hub.probes import gpu_use
from crepre_hub.probes.gpu_use import (
    GpuLoad,
    GpuProcess,
    GpuSample,
    from_outside,
    sample_gpus,
    sample_of,
    with_servers,
)
from crepre_hub.settings.gpus import GpuCard, GpusSection
from tests.machine.nvml_library import Card, GiB
from tests.unit.probes.conftest import Machine

ONE = "3f" * 32


def in_container(proc: Path, pid: int, container: str) -> None:
    """Let *pid* be in *container*, as the kernel tells."""
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cgroup").write_text(f"0::/docker/{container}\n")


def test_each_process_leads_to_its_container(machine: Machine, tmp_path: Path) -> None:
    """Memory, load and container of each; one of the host has none."""
    in_container(tmp_path, 10, ONE)
    machine(
        Card(
            "GPU-a",
            used=5 * GiB,
            busy=70,
            processes={10: 3 * GiB, 11: GiB},
            samples=[(10, 20), (10, 60), (11, 5)],
        )
    )
    assert sample_gpus(["GPU-a"], proc=tmp_path) == GpuSample(
        loads=(GpuLoad("GPU-a", 5 * GiB, 70),),
        processes=(
            GpuProcess("GPU-a", 10, 3 * GiB, 60, ONE),
            GpuProcess("GPU-a", 11, GiB, 5, ""),
        ),
    )


def test_a_process_in_two_lists_is_one(machine: Machine, tmp_path: Path) -> None:
    """Whoever computes and draws is listed twice, each time with all that it holds."""
    machine(Card("GPU-a", processes={10: GiB}, graphics={10: GiB, 12: None}))
    found = sample_gpus(["GPU-a"], proc=tmp_path).processes
    assert [(each.pid, each.memory_bytes) for each in found] == [(10, GiB), (12, None)]


def test_what_the_driver_does_not_measure_is_none(machine: Machine, tmp_path: Path) -> None:
    """A slice has no load, and a process that was not sampled has none either: not nought."""
    machine(Card("GPU-a", slices=[Card("MIG-1", busy=None, processes={10: GiB})]))
    sample = sample_gpus(["MIG-1"], proc=tmp_path)
    assert [each.busy_percent for each in (*sample.loads, *sample.processes)] == [None, None]
    assert not sample.troubles


def test_a_failing_gpu_leaves_the_others(machine: Machine, tmp_path: Path) -> None:
    """One that fell off the bus, and one that is gone, are told; the third is sampled."""
    machine(Card("GPU-a", fails=pynvml.NVML_ERROR_GPU_IS_LOST), Card("GPU-b"))
    sample = sample_gpus(["GPU-a", "GPU-gone", "GPU-b"], proc=tmp_path)
    assert [each.gpu for each in sample.loads] == ["GPU-b"]
    assert [each.gpu for each in sample.troubles] == ["GPU-a", "GPU-gone"]
    assert "not there any more" in sample.troubles[1].text


def test_a_driver_that_fails_is_one_trouble(machine: Machine) -> None:
    """Not one for each GPU."""
    machine(init=pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    assert [each.gpu for each in sample_gpus(["GPU-a", "GPU-b"]).troubles] == [""]


def process(pid: int, name: str = "python", container: str = "", **more: Any) -> GpuProcess:
    return GpuProcess("GPU-a", pid, GiB, container=container, name=name, **more)


def test_who_only_draws(machine: Machine, tmp_path: Path) -> None:
    """The machine's display; not who computes as well, by itself or through MPS."""
    machine(Card("GPU-a", processes={10: GiB}, graphics={10: GiB, 12: GiB}))
    found = sample_gpus(["GPU-a"], proc=tmp_path).processes
    assert {each.pid: each.only_draws for each in found} == {10: False, 12: True}


def test_what_is_from_outside() -> None:
    """The host's, and other containers'; not what has ended, of which the kernel tells nothing."""
    sample = GpuSample(processes=(process(1), process(2, container=ONE), process(3, name="")))
    assert [each.pid for each in from_outside(sample, {ONE})] == [1]
    assert [each.pid for each in from_outside(sample, {"other"})] == [1, 2]


def test_servers_without_containers() -> None:
    """The backend says which server a process of the host belongs to."""
    sample = GpuSample(processes=(process(1), process(2, container=ONE)))
    found = with_servers(sample, lambda pid: f"server of {pid}").processes
    assert [each.container for each in found] == ["server of 1", ONE]


@pytest.mark.parametrize(("cap", "seen"), [("mps", [11]), ("auto", [10, 11])])
def test_mps_is_the_labs_where_the_lab_uses_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, cap: str, seen: list[int]
) -> None:
    """Its server is nobody's own process then; whoever calls themselves so in a container is."""
    machine(Card("GPU-a", processes={10: GiB, 11: GiB}))
    monkeypatch.setattr(gpu_use, "name_of", lambda pid, proc: "nvidia-cuda-mps")
    monkeypatch.setattr(gpu_use, "container_of", lambda pid, proc: {11: ONE}.get(pid, ""))
    sample = sample_of(GpusSection(cap=cap), ["GPU-a"])
    assert [each.pid for each in sample.processes] == seen


def test_listed_gpus_are_not_measured() -> None:
    """Where the driver cannot be asked, nobody asks it."""
    card = GpuCard(uuid="GPU-a", memory="8 GiB")
    assert sample_of(GpusSection(found_by="list", cards=(card,)), ["GPU-a"]) == GpuSample()
