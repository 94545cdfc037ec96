"""Who uses the GPUs, as NVML says."""

from __future__ import annotations

from pathlib import Path

import pynvml

from crepre_hub.probes.gpu_use import GpuLoad, GpuProcess, GpuSample, sample_gpus
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
