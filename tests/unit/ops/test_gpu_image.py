"""The image for GPUs is the course's image and CUDA, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from crepre_hub.ops.image_folders import find_image_folder

CPU, GPU = find_image_folder("course-cpu"), find_image_folder("course-gpu")
CUDA = re.compile(r"nvidia-\w[\w-]*|cuda-(bindings|pathfinder)|jax-cuda12-(pjrt|plugin)|triton")
INSTEAD = {"tensorflow-cpu": "tensorflow"}
TORCHS_OWN = {"torch", "filelock", "fsspec", "mpmath", "networkx", "sympy"}
"""PyTorch and what it needs, which course-cpu has from Debian."""


def lines(lock: Path) -> dict[str, set[str]]:
    """Each package with its versions and markers."""
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^[a-z0-9].*?(?= \\$)", lock.read_text(), re.MULTILINE):
        found.setdefault(Requirement(line).name, set()).add(line)
    return found


def test_whatever_students_have_without_a_gpu_they_have_with_one() -> None:
    """A notebook that ran on the one runs on the other: same packages, same versions."""
    cpu, gpu = lines(CPU.lock), lines(GPU.lock)
    assert {name for name in cpu if INSTEAD.get(name, name) not in gpu} == set()
    shared = {name for name in cpu if name not in INSTEAD}
    assert {name: gpu[name] for name in shared if gpu[name] != cpu[name]} == {}


def test_the_gpu_image_adds_cuda_and_nothing_else() -> None:
    """Beside the course's packages there are CUDA's, and PyTorch with what it needs."""
    more = lines(GPU.lock).keys() - lines(CPU.lock).keys() - {"tensorflow"} - TORCHS_OWN
    assert {name for name in more if not CUDA.fullmatch(name)} == set()


def test_all_frameworks_share_one_cuda() -> None:
    """There is one major version of CUDA, so that its libraries are there once."""
    nvidia = [name for name in lines(GPU.lock) if name.startswith("nvidia-")]
    assert nvidia
    assert [name for name in nvidia if not name.endswith("-cu12")] == []


def test_tensorflow_is_the_same() -> None:
    """The framework's own version is the same, with CUDA or without."""
    (cpu,), (gpu,) = lines(CPU.lock)["tensorflow-cpu"], lines(GPU.lock)["tensorflow"]
    assert cpu.removeprefix("tensorflow-cpu") == gpu.removeprefix("tensorflow")


@pytest.mark.parametrize(
    "line",
    ["TF_FORCE_GPU_ALLOW_GROWTH=true", "XLA_PYTHON_CLIENT_PREALLOCATE=false"],
)
def test_no_program_takes_a_whole_card(line: str) -> None:
    """Several students share a card, so none takes its memory before it is needed."""
    assert line in (GPU.path / "Dockerfile").read_text()


def test_the_image_does_not_choose_a_card() -> None:
    """Which GPU a server sees is said by whoever starts it."""
    assert "NVIDIA_VISIBLE_DEVICES" not in (GPU.path / "Dockerfile").read_text()


def test_the_recipes_differ_in_nothing_else() -> None:
    """A step of course-cpu is a step of course-gpu, but for PyTorch from Debian."""
    cpu, gpu = ((each.path / "Dockerfile").read_text() for each in (CPU, GPU))
    steps = [re.findall(r": ([^;\n]+);", text) for text in (cpu, gpu)]
    assert [step for step in steps[0] if step not in steps[1]] == ["PyTorch from Debian"]
    assert [step for step in steps[1] if step not in steps[0]] == []
