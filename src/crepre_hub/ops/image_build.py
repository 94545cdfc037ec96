"""One build of an image: what it is made of, the command line, and the steps as they come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crepre_hub.errors import CrepreError, SettingsError
from crepre_hub.ops.build_log import BuildLog, Step
from crepre_hub.ops.build_shelf import REPOSITORY_LABEL
from crepre_hub.ops.docker_cli import DockerClient
from crepre_hub.ops.image_folders import ImageFolder, expected_digest
from crepre_hub.ops.lock_file import locked_in
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
        image: How people call it.
        tag: The name that it gets.
        digest: Of all that goes into it; it becomes the label ``crepre.lock``.
        dockerfile: The steps.
        context: The folder that they see.
        base: The image to build on; ``None`` is the Dockerfile's own.
        ca_bundle: Certificates for the build alone; they stay out of the image.
        proxies: Names of the environment's proxy variables that the build may see.
        labels: What the image says about itself beside what its Dockerfile does.
    """

    image: str
    tag: str
    digest: str
    dockerfile: Path
    context: Path
    base: str | None = None
    ca_bundle: Path | None = None
    proxies: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def plan_build(
    folder: ImageFolder,
    *,
    base: str | None,
    ca_bundle: Path | None,
    tag: str | None,
    environment: Mapping[str, str],
) -> BuildPlan:
    """What will be built, with what the environment adds."""
    digest = expected_digest(folder)
    name = tag or folder.tag
    return BuildPlan(
        image=folder.name,
        tag=name,
        digest=digest,
        dockerfile=folder.path / "Dockerfile",
        context=folder.path.parent,
        base=base or environment.get("CREPRE_BASE_IMAGE") or None,
        ca_bundle=bundle_or_none(ca_bundle, environment),
        proxies=proxies_in(environment),
        labels={**name_labels(name, digest), **lock_labels(folder)},
    )


def bundle_or_none(wanted: Path | None, environment: Mapping[str, str]) -> Path | None:
    """
    The certificates for a build: *wanted*, else those in ``SSL_CERT_FILE``.

    Raises:
        SettingsError: If there is no such file.
    """
    named = environment.get("SSL_CERT_FILE")
    bundle = wanted or (Path(named) if named else None)
    if bundle and not bundle.is_file():
        raise SettingsError(
            f"There is no CA bundle at {bundle}.",
            remedy="Name an existing file in SSL_CERT_FILE, or unset it.",
        )
    return bundle


def proxies_in(environment: Mapping[str, str]) -> list[str]:
    """The proxy variables that are set."""
    names = (name for each in PROXY_VARIABLES for name in (each, each.lower()))
    return [name for name in names if environment.get(name)]


def name_labels(tag: str, digest: str) -> dict[str, str]:
    """
    Whose build it is, and of what.

    Source: https://specs.opencontainers.org/image-spec/annotations/
    """
    repository = tag.rpartition(":")[0]
    return {REPOSITORY_LABEL: repository, "org.opencontainers.image.version": digest[:12]}


def lock_labels(folder: ImageFolder) -> dict[str, str]:
    """Versions that people ask for, and the digest of the lock alone."""
    if not folder.lock.is_file():
        return {}
    versions = locked_in(folder)
    told = [f"{name}={versions[name][-1]}" for name in TOLD if name in versions]
    digest = hashlib.sha256(folder.lock.read_bytes()).hexdigest()
    return {"crepre.versions": " ".join(told), "crepre.packages": digest}


def render_build_command(client: Path, plan: BuildPlan) -> list[str]:
    """The command line that builds *plan*; needs ``DOCKER_BUILDKIT=1`` in its environment."""
    command = [str(client), "build", "--progress=plain"]
    command += ["--build-arg", f"LOCK_DIGEST={plan.digest}"]
    if plan.base:
        command += ["--build-arg", f"BASE={plan.base}"]
    for name in plan.proxies:
        command += ["--build-arg", name]
    if plan.ca_bundle:
        command += ["--secret", f"id=ca,src={plan.ca_bundle}"]
    for name, value in plan.labels.items():
        command += ["--label", f"{name}={value}"]
    return [*command, "--tag", plan.tag, "--file", str(plan.dockerfile), str(plan.context)]


def run_build(
    client: DockerClient,
    plan: BuildPlan,
    on_step: OnStep,
    environment: Mapping[str, str],
    explain: Callable[[BuildLog], CrepreError] | None = None,
) -> None:
    """
    Run the build and tell *on_step* each step as it begins.

    Args:
        explain: What to raise if it fails; else what the log says of itself.
    """
    log = BuildLog()

    def take(line: str) -> None:
        step = log.feed(line)
        if step:
            on_step(step)

    command = render_build_command(client.path, plan)
    environ = {**environment, "DOCKER_BUILDKIT": "1"}
    if stream_program(command, environment=environ, on_line=take):
        raise explain(log) if explain else log.failure(plan.image)
