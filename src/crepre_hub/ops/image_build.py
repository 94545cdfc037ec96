"""One build of an image: what it is made of, the command line, and the steps as they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.errors import SettingsError
from crepre_hub.ops.build_log import BuildLog, Step
from crepre_hub.ops.build_shelf import REPOSITORY_LABEL
from crepre_hub.ops.docker_cli import DockerClient
from crepre_hub.ops.image_folders import ImageFolder, expected_digest
from crepre_hub.ops.program import stream_program

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")

TOLD = ("jupyterhub", "jupyterlab", "notebook", "numpy", "keras", "tensorflow", "jax", "torch")
"""Packages whose versions an image tells in a label, where it holds them."""

OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """
    What a build is made of.

    Attributes:
        tag: The name that the image gets.
        base: The image to build on; ``None`` is the Dockerfile's own.
        ca_bundle: Certificates for the build alone; they stay out of the image.
        proxies: Names of the environment's proxy variables that the build may see.
    """

    folder: ImageFolder
    tag: str
    base: str | None = None
    ca_bundle: Path | None = None
    proxies: Sequence[str] = ()


def plan_build(
    folder: ImageFolder,
    *,
    base: str | None,
    ca_bundle: Path | None,
    tag: str | None,
    environment: Mapping[str, str],
) -> BuildPlan:
    """What will be built, with what the environment adds."""
    named = environment.get("SSL_CERT_FILE")
    bundle = ca_bundle or (Path(named) if named else None)
    if bundle and not bundle.is_file():
        raise SettingsError(
            f"There is no CA bundle at {bundle}.",
            remedy="Name an existing file in SSL_CERT_FILE, or unset it.",
        )
    proxies = [name for each in PROXY_VARIABLES for name in (each, each.lower())]
    return BuildPlan(
        folder,
        tag=tag or folder.tag,
        base=base or environment.get("CREPRE_BASE_IMAGE") or None,
        ca_bundle=bundle,
        proxies=[name for name in proxies if environment.get(name)],
    )


def render_build_command(client: Path, plan: BuildPlan) -> list[str]:
    """The command line that builds *plan*; needs ``DOCKER_BUILDKIT=1`` in its environment."""
    command = [str(client), "build", "--progress=plain"]
    command += ["--build-arg", f"LOCK_DIGEST={expected_digest(plan.folder)}"]
    if plan.base:
        command += ["--build-arg", f"BASE={plan.base}"]
    for name in plan.proxies:
        command += ["--build-arg", name]
    if plan.ca_bundle:
        command += ["--secret", f"id=ca,src={plan.ca_bundle}"]
    for name, value in labels_of(plan).items():
        command += ["--label", f"{name}={value}"]
    root = plan.folder.path.parent
    return [*command, "--tag", plan.tag, "--file", str(plan.folder.path / "Dockerfile"), str(root)]


def labels_of(plan: BuildPlan) -> dict[str, str]:
    """
    What the image says about itself beside what its Dockerfile does.

    Source: https://specs.opencontainers.org/image-spec/annotations/
    """
    folder = plan.folder
    labels = {
        REPOSITORY_LABEL: plan.tag.rpartition(":")[0],
        "org.opencontainers.image.version": expected_digest(folder)[:12],
    }
    if folder.lock.is_file():
        versions = locked_versions(folder.lock.read_text())
        told = [f"{name}={versions[name]}" for name in TOLD if name in versions]
        labels["crepre.versions"] = " ".join(told)
        labels["crepre.packages"] = hashlib.sha256(folder.lock.read_bytes()).hexdigest()
    return labels


def locked_versions(lock: str) -> dict[str, str]:
    """The version of each package in *lock*; of several for several Pythons, the last."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ ;]+)", lock, re.MULTILINE))


def run_build(
    client: DockerClient, plan: BuildPlan, on_step: OnStep, environment: Mapping[str, str]
) -> None:
    """Run the build and tell *on_step* each step as it begins."""
    log = BuildLog()

    def take(line: str) -> None:
        step = log.feed(line)
        if step:
            on_step(step)

    command = render_build_command(client.path, plan)
    environ = {**environment, "DOCKER_BUILDKIT": "1"}
    if stream_program(command, environment=environ, on_line=take):
        raise log.failure(plan.folder.name)
