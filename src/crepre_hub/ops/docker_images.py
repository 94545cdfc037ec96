"""What the Docker Engine has, as its client tells: images, and GPUs for them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from crepre_hub.errors import CommandFailed, CrepreError, DockerUnreachable, ImageMissing
from crepre_hub.ops.build_log import REMEDIES
from crepre_hub.ops.docker_cli import DockerClient
from crepre_hub.ops.program import run_program


def image_labels(
    client: DockerClient, image: str, environment: Mapping[str, str]
) -> Mapping[str, str]:
    """The labels of *image*; ``crepre.lock`` is the digest of the recipe it was built from."""
    return dict(inspect_image(client, image, environment)["Config"].get("Labels") or {})


def inspect_image(
    client: DockerClient, image: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """
    What Docker knows about *image*.

    Raises:
        ImageMissing: If it is not on this machine.
        DockerUnreachable: If the Docker Engine does not answer.
    """
    command = [str(client.path), "image", "inspect", image]
    try:
        found = json.loads(run_program(command, environment=environment))
    except CommandFailed as problem:
        raise translated(problem, image) from problem
    return dict(found[0])


def has_gpu_runtime(client: DockerClient, environment: Mapping[str, str]) -> bool:
    """
    Whether the Docker Engine can hand NVIDIA's GPUs to a container.

    Source: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit

    Raises:
        DockerUnreachable: If the Docker Engine does not answer.
    """
    command = [str(client.path), "info", "--format", "{{json .Runtimes}}"]
    try:
        runtimes = json.loads(run_program(command, environment=environment))
    except CommandFailed as problem:
        raise translated(problem, "") from problem
    return "nvidia" in (runtimes or {})


def translated(problem: CommandFailed, image: str) -> CrepreError:
    """What a failed look at *image* means."""
    if re.search(r"no such (image|object)", problem.message, re.IGNORECASE):
        name = re.match("crepre/([a-z-]+):", image)
        return ImageMissing(
            f"The image {image} is not on this machine.",
            remedy=f"Run `crepre image build {name[1]}`." if name else "Run `crepre image build`.",
        )
    for pattern, kind, remedy in REMEDIES:
        if kind is DockerUnreachable and re.search(pattern, problem.message, re.IGNORECASE):
            return DockerUnreachable("The Docker Engine does not answer.", remedy=remedy)
    return problem
