"""
A seat's GPU as Docker is asked for it.

Docker lends what it is asked for, to any number of containers: who may have what was decided
before. A device is always named by its UUID, since numbers change when the machine boots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker.types import DeviceRequest, Mount

from crepre_hub.gpu.defaults import framework_defaults, mps_defaults
from crepre_hub.gpu.given import MPS_FOLDER, Cap, GivenGpu, given_in

HIDDEN = "void"
"""
Hides every GPU even where an image asks for all of them.

Source: "Environment variables (OCI spec)" in
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

VISIBLE = "NVIDIA_VISIBLE_DEVICES"
GPU_LABEL = "crepre.gpu"
LEASE_LABEL = "crepre.lease"

CDI_KIND = "nvidia.com/gpu"


def gpu_labels(gpu: GivenGpu | None) -> dict[str, str]:
    """What a container says of its GPU, so that it is known again after a crash."""
    return {} if gpu is None else {LEASE_LABEL: gpu.lease, GPU_LABEL: str(gpu)}


def gpu_of(labels: Mapping[str, str]) -> GivenGpu | None:
    """The GPU that a container's labels tell of; None for a seat without."""
    return given_in(labels.get(GPU_LABEL, ""))


def gpu_environment(gpu: GivenGpu | None) -> tuple[dict[str, str], dict[str, str]]:
    """
    Variables for the seat: those that anything else may replace, and those that nothing may.

    The latter name the devices, and that there are none.
    """
    if gpu is None:
        return {}, {VISIBLE: HIDDEN}
    mps = mps_defaults(gpu)
    place = {"CUDA_MPS_PIPE_DIRECTORY": MPS_FOLDER} if mps else {}
    return framework_defaults(gpu), {**mps, **place, VISIBLE: gpu.uuid}


def gpu_mounts(gpu: GivenGpu | None) -> dict[str, list[Mount]]:
    """
    Of a host config, the way to the GPU's MPS daemon, where that is what caps it.

    Docker makes no folder for a mount of this kind, and so starts no seat without the daemon's:
    CUDA would run it without MPS, and without any cap.
    """
    if gpu is None or gpu.cap is not Cap.MPS:
        return {}
    return {"mounts": [Mount(MPS_FOLDER, f"{MPS_FOLDER}/{gpu.uuid}", type="bind")]}


def device_request(uuid: str, engine: Mapping[str, Any]) -> dict[str, Any]:
    """
    How this engine is asked for the GPU *uuid*.

    By CDI where it knows the device by that: then it refuses devices that are not there, and
    containers keep theirs when systemd reloads its units. Otherwise by NVIDIA's hook.

    Args:
        engine: Its answer to ``GET /info``.

    Source: https://docs.docker.com/build/building/cdi/ and
    https://github.com/NVIDIA/nvidia-container-toolkit/issues/48
    """
    name = f"{CDI_KIND}={uuid}"
    known = {each.get("ID") for each in engine.get("DiscoveredDevices") or ()}
    if name in known:
        return dict(DeviceRequest(driver="cdi", device_ids=[name]))
    return dict(DeviceRequest(device_ids=[uuid], capabilities=[["gpu"]]))
