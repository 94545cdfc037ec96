"""Which build of an image students get: a new one after its trial, an earlier one by rollback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.engine import client_at
from crepre_hub.backends.docker.trial import OnStep, TrialResult, try_image
from crepre_hub.errors import TrialFailed
from crepre_hub.ops.build_shelf import apply_tags, builds_of
from crepre_hub.ops.image_builds import Build, ImageBuilds, plan_promotion, plan_rollback

DEFAULT_ENGINE = "unix:///var/run/docker.sock"
IMPORTS_LABEL = "crepre.imports"
"""Modules that a notebook must be able to import, with blanks between them."""


def engine_client(environment: Mapping[str, str]) -> Any:
    """
    A client for the engine that the docker program talks to.

    Raises:
        DockerUnreachable: If it does not answer.
    """
    return client_at(environment.get("DOCKER_HOST") or DEFAULT_ENGINE)


def builds_at(environment: Mapping[str, str], image: str) -> ImageBuilds:
    """The builds of one image."""
    return builds_of(engine_client(environment), image)


def offer(
    name: str,
    reference: str,
    environment: Mapping[str, str],
    on_step: OnStep | None,
    *,
    force: str,
) -> bool:
    """
    Give students the build *reference* of the image *name*, if it passes its trial.

    Args:
        on_step: Told each step of the trial; without it there is none.
        force: What to type to give it to students all the same.

    Returns:
        False if an admin rolled back from just this build: then all stays as it is.

    Raises:
        TrialFailed: If it did not pass; then all stays as it is, too.
    """
    client = engine_client(environment)
    with errors_as_ours(f"looking at {reference}"):
        image = client.inspect_image(reference)
    have = builds_of(client, name)
    if have.current and have.current.id == image["Id"]:
        return True
    if have.held and have.held.id == image["Id"]:
        return False
    if on_step is not None:
        modules = ((image["Config"].get("Labels") or {}).get(IMPORTS_LABEL) or "").split()
        result = try_image(client, reference, modules, on_step)
        if not result.passed:
            raise trial_failed(have, reference, result, force)
    apply_tags(client, plan_promotion(have, image["Id"]))
    return True


def trial_failed(have: ImageBuilds, reference: str, result: TrialResult, force: str) -> TrialFailed:
    """What to say of a build that students do not get."""
    said = "\n".join(f"  {line}" for line in result.last_words)
    where = f"The image {reference} did not pass its trial ({result.step}): {result.why}"
    kept = "so there is none for students yet"
    if have.current:
        kept = f"so students go on with {have.repository}:{have.current.name}"
    return TrialFailed(
        f"{where},\n{kept}.{' The server said last:' if said else ''}\n{said}".rstrip() + "\n",
        remedy=f"Look into it: docker run --rm -it --network none {reference} bash\n"
        f"Give it to students as it is: {force}",
    )


def roll_back(name: str, environment: Mapping[str, str], to: str = "") -> tuple[Build, Build]:
    """
    Give students an earlier build of the image *name*: the previous one, or the one called *to*.

    Returns:
        What they had, and what they have now.

    Raises:
        ImageMissing: If there is no such build.
    """
    client = engine_client(environment)
    have = builds_of(client, name)
    rollback = plan_rollback(have, to)
    apply_tags(client, rollback.change)
    return rollback.had, rollback.now
