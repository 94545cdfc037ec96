"""A seat's container as Docker is asked for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from docker.errors import APIError
from docker.types import HostConfig

from crepre_hub.backends.docker.container import (
    MiB,
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)
from crepre_hub.backends.docker.gpu import device_request, gpu_of
from crepre_hub.backends.docker.start_errors import as_backend_error
from crepre_hub.errors import BackendError, DiskFull, GpuNotGiven
from crepre_hub.gpu.given import Cap, GivenGpu

GiB = 1024 * MiB
LABELS = SeatLabels("lab", "ada", "", "ml-101", "cpu")
ENDS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WHOLE = GivenGpu("lease-7", "GPU-1", share=24 * GiB, memory=24 * GiB, ends=ENDS)
LIMITS = SeatLimits(cpus=1.5, memory_bytes=2048 * MiB)


def test_the_whole_host_config() -> None:
    """What Docker is asked for, line by line: this is what a student may do."""
    assert HostConfig(version="1.41", **render_host_config(LIMITS, "lab-seats")) == {
        "NetworkMode": "lab-seats",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "ReadonlyRootfs": True,
        "Init": True,
        "IpcMode": "private",
        "RestartPolicy": {"Name": "no"},
        "NanoCpus": 1_500_000_000,
        "Memory": 2147483648,
        "MemorySwap": 2147483648,
        "PidsLimit": 1024,
        "OomScoreAdj": 500,
        "ShmSize": 536870912,
        "Tmpfs": {
            "/tmp": "rw,exec,nosuid,nodev,mode=1777,size=536870912",
            "/var/tmp": "rw,exec,nosuid,nodev,mode=1777,size=67108864",
        },
        "Ulimits": [
            {"Name": "nofile", "Soft": 16384, "Hard": 16384},
            {"Name": "core", "Soft": 0, "Hard": 0},
        ],
        "LogConfig": {"Type": "local", "Config": {"max-size": "10485760", "max-file": "3"}},
    }


def test_full_scratch_leaves_half_the_memory() -> None:
    """``/tmp`` and ``/dev/shm``, both full, take half of a seat's memory and no more."""
    assert 2 * LIMITS.scratch_bytes == LIMITS.memory_bytes // 2


def test_a_seat_is_an_ordinary_user() -> None:
    """The user and group are numbers, so that no image can give them another meaning."""
    assert render_container("image", LABELS, {})["user"] == "1000:1000"


@pytest.mark.parametrize("environment", [{}, {"NVIDIA_VISIBLE_DEVICES": "all"}])
def test_gpus_are_hidden_by_name(environment: dict[str, str]) -> None:
    """A seat without a GPU says so, whatever the profile's environment wants."""
    rendered = render_container("image", LABELS, environment)
    assert rendered["environment"] == {"NVIDIA_VISIBLE_DEVICES": "void"}


@pytest.mark.parametrize("environment", [{}, {"NVIDIA_VISIBLE_DEVICES": "all"}])
def test_a_gpu_is_named_by_its_uuid(environment: dict[str, str]) -> None:
    """A seat with a GPU is told exactly which, whatever the profile's environment wants."""
    rendered = render_container("image", replace(LABELS, gpu=WHOLE), environment)
    assert rendered["environment"] == {"NVIDIA_VISIBLE_DEVICES": "GPU-1"}


def test_frameworks_are_told_of_a_share_by_default() -> None:
    """A profile's environment may say otherwise: that is what a default is."""
    rendered = render_container(
        "image",
        replace(LABELS, gpu=replace(WHOLE, share=6 * GiB, cap=Cap.COOPERATIVE)),
        {"TF_FORCE_GPU_ALLOW_GROWTH": "false"},
    )
    assert rendered["environment"]["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert rendered["environment"]["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


def test_a_container_says_which_gpu_it_has() -> None:
    """After a crash the labels alone lead to lease, device and share."""
    labels = replace(LABELS, gpu=WHOLE).render()
    assert labels["crepre.lease"] == "lease-7"
    assert (
        labels["crepre.gpu"]
        == f"lease-7 GPU-1 {24 * GiB} {24 * GiB} 2026-11-24T12:00:00+00:00 none"
    )
    assert gpu_of(labels) == WHOLE


@pytest.mark.parametrize(
    "labels", [{}, {"crepre.gpu": ""}, {"crepre.gpu": "all"}, {"crepre.gpu": "a b 1 2 soon none"}]
)
def test_labels_of_others_tell_of_no_gpu(labels: dict[str, str]) -> None:
    """What the lab did not write is not believed, and raises nothing."""
    assert gpu_of(labels) is None


def test_only_mps_needs_a_way_to_its_daemon() -> None:
    """The mount is of the kind that must be there; without it CUDA would run uncapped."""
    host = [render_host_config(LIMITS, "n", replace(WHOLE, cap=cap)) for cap in Cap]
    assert [each.get("mounts") for each in host] == [
        None,
        None,
        [{"Target": "/run/crepre-mps", "Source": "/run/crepre-mps/GPU-1", "Type": "bind",
          "ReadOnly": False}],
        None,
    ]  # fmt: skip


def test_the_way_to_mps_cannot_be_changed() -> None:
    """A profile's environment cannot lead CUDA past the daemon."""
    gpu = replace(WHOLE, share=6 * GiB, cap=Cap.MPS)
    wrong = {"CUDA_MPS_PIPE_DIRECTORY": "/tmp", "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": "0=24G"}
    told = render_container("image", replace(LABELS, gpu=gpu), wrong)["environment"]
    assert told["CUDA_MPS_PIPE_DIRECTORY"] == "/run/crepre-mps"
    assert told["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] == "0=6144M"
    assert told["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] == "50"


@pytest.mark.parametrize(
    ("engine", "wanted"),
    [
        ({}, ("", ["GPU-1"], [["gpu"]])),
        ({"DiscoveredDevices": None}, ("", ["GPU-1"], [["gpu"]])),
        (
            {"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]},
            ("", ["GPU-1"], [["gpu"]]),
        ),
        (
            {"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=GPU-1"}]},
            ("cdi", ["nvidia.com/gpu=GPU-1"], []),
        ),
    ],
)
def test_an_engine_is_asked_in_the_way_it_knows(engine: dict[str, Any], wanted: object) -> None:
    """By CDI where it knows this very device by that, else by NVIDIA's hook; never by a count."""
    asked = device_request("GPU-1", engine)
    assert (asked["Driver"], asked["DeviceIDs"], asked["Capabilities"]) == wanted
    assert asked["Count"] == 0


@pytest.mark.parametrize(
    "text",
    [
        'could not select device driver "" with capabilities: [[gpu]]',
        "error running hook #0: exit status 1, stderr: nvidia-container-cli: unknown device",
        'exec: "nvidia-container-runtime-hook": executable file not found in $PATH',
        "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=GPU-1",
        "invalid mount config: bind source path does not exist: /run/crepre-mps/GPU-1",
    ],
)
def test_what_docker_says_of_gpus_is_told_as_that(text: str) -> None:
    """Only of a seat that asked for one; the rest stays what it was."""
    error = APIError("500", explanation=text)
    assert isinstance(as_backend_error(error, gpu="GPU-1"), GpuNotGiven)
    assert type(as_backend_error(error)) is BackendError


def test_a_full_disk_is_one_with_a_gpu_as_well() -> None:
    """Not every failure of a seat with a GPU is the GPU's."""
    error = APIError("500", explanation="write: no space left on device")
    assert isinstance(as_backend_error(error, gpu="GPU-1"), DiskFull)


def test_a_container_says_whose_it_is() -> None:
    """After a crash the labels alone lead from a container to lab, person, course and profile."""
    assert render_container("image", LABELS, {})["labels"] == {
        "crepre.lab": "lab",
        "crepre.user": "ada",
        "crepre.server": "",
        "crepre.course": "ml-101",
        "crepre.profile": "cpu",
    }
