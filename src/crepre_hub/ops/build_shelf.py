"""Builds of images as the Docker Engine has them, and changes of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.ops.image_builds import Build, ImageBuilds, Removal, TagChange

OURS = "crepre/"
REPOSITORY_LABEL = "crepre.repository"
"""Whose build it is; the only way to know when a later build took its last name."""


def found_builds(client: Any) -> tuple[ImageBuilds, ...]:
    """Every image of ours that this machine has, by name."""
    with errors_as_ours("looking for images"):
        images = client.images()
        containers = client.containers(all=True)
    return read_builds(images, containers)


def builds_of(client: Any, image: str) -> ImageBuilds:
    """The builds of one image; none where there is none."""
    repository = f"{OURS}{image}"
    found = (each for each in found_builds(client) if each.repository == repository)
    return next(found, ImageBuilds(image, repository, ()))


def read_builds(
    images: Iterable[Mapping[str, Any]], containers: Iterable[Mapping[str, Any]]
) -> tuple[ImageBuilds, ...]:
    """
    Builds from the Engine's answers; a build under names of others alone is not ours.

    Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageList
    """
    used = Counter(container["ImageID"] for container in containers)
    found: dict[str, list[Build]] = {}
    for image in images:
        for repository, tags in _names(image):
            made = datetime.fromtimestamp(image["Created"], UTC)
            build = Build(image["Id"], tags, made, image["Size"], used[image["Id"]])
            found.setdefault(repository, []).append(build)
    return tuple(
        ImageBuilds(
            repository.removeprefix(OURS),
            repository,
            tuple(sorted(builds, key=lambda build: build.made, reverse=True)),
        )
        for repository, builds in sorted(found.items())
    )


def _names(image: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Repositories of ours that *image* is in, with its tags there."""
    tags: dict[str, set[str]] = {}
    names = [name for name in image["RepoTags"] or () if name != "<none>:<none>"]
    for name in names:
        repository, _, tag = name.rpartition(":")
        if repository.startswith(OURS):
            tags.setdefault(repository, set()).add(tag)
    repository = (image["Labels"] or {}).get(REPOSITORY_LABEL, "")
    if not names and repository.startswith(OURS):
        tags[repository] = set()
    yield from ((repository, frozenset(each)) for repository, each in tags.items())


def apply_tags(client: Any, change: TagChange) -> None:
    """Do what *change* says; may be repeated."""
    with errors_as_ours(f"naming builds of {change.repository}"):
        for tag, build in change.set:
            client.tag(build, change.repository, tag, force=True)
        for tag in change.drop:
            client.remove_image(f"{change.repository}:{tag}", noprune=True)


def apply_removal(client: Any, removal: Removal) -> None:
    """
    Remove a build; Docker itself refuses while a container is made of it.

    Raises:
        BackendError: If it refused.
    """
    with errors_as_ours(f"removing {removal.names[0]}"):
        for name in removal.names:
            client.remove_image(name)
