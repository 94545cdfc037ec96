"""From a process to its container."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from crepre_hub.probes.cgroups import container_in, container_of, leaf_of, unified_in

ONE = "3f" * 32
TWO = "a0" * 32

FILES = {
    "v2, systemd": (f"0::/system.slice/docker-{ONE}.scope\n", ONE),
    "v2, cgroupfs": (f"0::/docker/{ONE}\n", ONE),
    "v2, rootless": (
        f"0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker-{ONE}.scope\n", ONE,
    ),
    "v2, below the container": (f"0::/system.slice/docker-{ONE}.scope/init\n", ONE),
    "v1": (f"11:memory:/docker/{ONE}\n10:pids:/docker/{ONE}\n0::/\n", ONE),
    "hybrid": (f"3:cpuset:/\n2:devices:/docker/{ONE}\n0::/system.slice/containerd.service\n", ONE),
    "Kubernetes": (
        f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-pod1f.slice/cri-containerd-{ONE}.scope",
        ONE,
    ),
    "a container in a container": (f"0::/docker/{ONE}/docker/{TWO}\n", ONE),
    "Podman": (f"0::/machine.slice/libpod-{ONE}.scope/container\n", ONE),
    "a service of the host": ("0::/system.slice/sshd.service\n", ""),
    "somebody at the console": ("0::/user.slice/user-1000.slice/session-2.scope\n", ""),
    "too short for an id": (f"0::/docker/{ONE[:12]}\n", ""),
    "too long for an id": (f"0::/docker/{ONE}ab\n", ""),
    "ended": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FILES.values(), ids=FILES)
def test_the_container_is_in_the_path(text: str, found: str) -> None:
    """Whatever makes the control groups, the id is 64 hexadecimal digits; the outermost counts."""
    assert container_in(text) == found


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"0::/system.slice/docker-{ONE}.scope", PurePosixPath(f"system.slice/docker-{ONE}.scope")),
        ("12:pids:/docker/x\n0::/\n", PurePosixPath()),
        ("12:pids:/docker/x\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_unified_path(text: str, path: PurePosixPath | None) -> None:
    """Version 2 is the line with number 0 and no controllers."""
    assert unified_in(text) == path


def test_a_process_that_ended_is_in_no_container(tmp_path: Path) -> None:
    """The kernel forgets it between two looks."""
    assert container_of(4711, tmp_path) == ""
    assert leaf_of(4711, tmp_path) is None


@pytest.mark.parametrize("is_unified", [True, False])
def test_a_leaf_is_one_of_version_2(tmp_path: Path, is_unified: bool) -> None:
    """On a hybrid machine version 2 lies elsewhere and controls nothing: there is no leaf."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(f"0::/docker/{ONE}\n")
    if is_unified:
        (tmp_path / "cgroup.controllers").touch()
    leaf = leaf_of(7, proc=tmp_path, root=tmp_path)
    assert leaf == (tmp_path / "docker" / ONE if is_unified else None)
