"""Images, built and verified with the docker client."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crepre_hub.errors import CommandFailed, ImageMissing
from crepre_hub.findings import Finding
from crepre_hub.ops.docker_cli import DockerClient, find_docker_client
from crepre_hub.ops.docker_images import has_gpu_runtime, image_labels, inspect_image
from crepre_hub.ops.image_build import BuildPlan, OnStep, plan_build, run_build
from crepre_hub.ops.image_folders import expected_digest, find_image_folder
from crepre_hub.ops.image_offer import offer
from crepre_hub.ops.program import last_lines, stream_program

LOCK_LABEL = "crepre.lock"
BASE_LABEL = "org.opencontainers.image.base.name"

NOT_CHECKED = "not checked:"
"""How an image's own check begins that could not look; see ``crepre_seat.verify.report``."""

ImageState = Literal["current", "outdated", "missing"]


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """
    An image that is on this machine.

    Attributes:
        was_there: Nothing had to be built.
        held: An admin rolled back from it, so students go on with another one.
    """

    name: str
    tag: str
    digest: str
    size_bytes: int
    seconds: float
    was_there: bool
    held: bool = False


def build_image(
    name: str,
    *,
    base: str | None = None,
    ca_bundle: Path | None = None,
    tag: str | None = None,
    untried: bool = False,
    root: Path | None = None,
    on_step: OnStep,
    environment: Mapping[str, str] | None = None,
) -> BuiltImage:
    """
    Build the image *name*, unless this machine has it from the same recipe and base already.

    Students get it once it has passed its trial.

    Args:
        base: The image to build on; else ``CREPRE_BASE_IMAGE``, else the Dockerfile's own.
        ca_bundle: Certificates for the build alone; else ``SSL_CERT_FILE``.
        tag: The image's only name, instead of ``crepre/<name>:<digest>``; students get nothing.
        untried: Give it to students without a trial.
        root: The folder of the recipes; else this project's.

    Raises:
        CommandFailed: If a step of the build failed; the message names it and says why.
        DockerUnreachable: If the Docker Engine does not answer.
        ImageMissing: If there is no recipe of this name.
        TrialFailed: If a student could not have used it; what students had, they keep.
    """
    environ = os.environ if environment is None else environment
    begin = time.monotonic()
    folder = find_image_folder(name, root)
    plan = plan_build(folder, base=base, ca_bundle=ca_bundle, tag=tag, environment=environ)
    client = find_docker_client(environ)
    was_there = is_built(client, plan, environ)
    if not was_there:
        run_build(client, plan, on_step, environ)
    is_tried = folder.has_seat and not untried
    force = f"crepre image build {name} --untried"
    held = not tag and not offer(
        name, plan.tag, environ, on_step if is_tried else None, force=force
    )
    size = int(inspect_image(client, plan.tag, environ)["Size"])
    seconds = time.monotonic() - begin
    return BuiltImage(name, plan.tag, plan.digest, size, seconds, was_there, held)


def is_built(client: DockerClient, plan: BuildPlan, environment: Mapping[str, str]) -> bool:
    """Whether this machine has the image from this recipe and base."""
    try:
        labels = image_labels(client, plan.tag, environment)
    except ImageMissing:
        return False
    same_base = plan.base is None or labels.get(BASE_LABEL) == plan.base
    return same_base and labels.get(LOCK_LABEL) == plan.digest


def image_state(
    name: str,
    *,
    tag: str | None = None,
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> ImageState:
    """
    Whether this machine has the image *name*, and from the recipe as it is now.

    Raises:
        DockerUnreachable: If the Docker Engine does not answer.
    """
    environ = os.environ if environment is None else environment
    folder = find_image_folder(name, root)
    try:
        labels = image_labels(find_docker_client(environ), tag or folder.latest, environ)
    except ImageMissing:
        return "missing"
    return "current" if labels.get(LOCK_LABEL) == expected_digest(folder) else "outdated"


def verify_image(
    name: str, *, tag: str | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """
    Run the image's own checks inside it, one finding for each.

    Raises:
        ImageMissing: If it is not on this machine.
        DockerUnreachable: If the Docker Engine does not answer.
        CommandFailed: If the checks could not be run.
    """
    environ = os.environ if environment is None else environment
    client = find_docker_client(environ)
    image = tag or find_image_folder(name).latest
    inspect_image(client, image, environ)
    lines: list[str] = []
    gpus = has_gpu_runtime(client, environ)
    command = render_verify_command(client.path, image, gpus=gpus)
    stream_program(command, environment=environ, on_line=lines.append)
    return read_findings(lines, remedy=f"Build it again: `crepre image build {name}`.")


def render_verify_command(client: Path, image: str, *, gpus: bool = False) -> list[str]:
    """
    The command line that verifies *image* under conditions stricter than a student's.

    Args:
        gpus: Let it see the machine's GPUs; an engine that knows of none would refuse.
    """
    return [
        str(client),
        "run",
        "--rm",
        "--init",
        "--network=none",
        "--read-only",
        "--tmpfs=/tmp:mode=1777",
        "--volume=/home/student",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--pids-limit=512",
        "--memory=2g",
        *(["--gpus=all"] if gpus else []),
        image,
        "crepre-verify",
        "--json",
    ]


def read_findings(lines: Sequence[str], *, remedy: str) -> tuple[Finding, ...]:
    """
    What the checks found, from their output; other programs' warnings may stand around it.

    Raises:
        CommandFailed: If the checks did not come to their end.
    """
    for line in reversed(lines):
        if line.startswith('[{"check"'):
            return tuple(_finding(each, remedy) for each in json.loads(line))
    raise CommandFailed(f"The image's checks did not run:\n{last_lines(lines)}\n", remedy=remedy)


def _finding(result: Mapping[str, Any], remedy: str) -> Finding:
    text = f"{result['check']}: {result['text']}"
    if not result["ok"]:
        return Finding("error", text, remedy=remedy)
    return Finding("skipped" if result["text"].startswith(NOT_CHECKED) else "ok", text)
