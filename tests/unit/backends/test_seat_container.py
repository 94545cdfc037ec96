"""A seat's container as Docker is asked for it."""

from __future__ import annotations

import pytest
from docker.types import HostConfig

from crepre_hub.backends.docker.container import (
    MiB,
    SeatLabels,
    SeatLimits,
    render_container,
    render_host_config,
)

LABELS = SeatLabels("lab", "ada", "", "ml-101", "cpu")
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


def test_gpus_are_named_by_uuid() -> None:
    """A seat with GPUs is told exactly which."""
    rendered = render_container("image", LABELS, {}, gpus="GPU-1,GPU-2")
    assert rendered["environment"] == {"NVIDIA_VISIBLE_DEVICES": "GPU-1,GPU-2"}


def test_a_container_says_whose_it_is() -> None:
    """After a crash the labels alone lead from a container to lab, person, course and profile."""
    assert render_container("image", LABELS, {})["labels"] == {
        "crepre.lab": "lab",
        "crepre.user": "ada",
        "crepre.server": "",
        "crepre.course": "ml-101",
        "crepre.profile": "cpu",
    }
