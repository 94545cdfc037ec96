"""
The builds of an image that a machine has, and which of them students get. Pure rules.

Docker's own tags are all the memory there is: ``latest`` is what students get, ``previous`` what
they got before it, and ``held`` what an admin rolled back from, which no build puts forward again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crepre_hub.errors import ImageMissing

CURRENT, PREVIOUS, HELD = "latest", "previous", "held"
ROLES = (CURRENT, PREVIOUS, HELD)


@dataclass(frozen=True, slots=True)
class Build:
    """
    One build of an image.

    Attributes:
        id: Docker's name for exactly this one.
        tags: What stands behind the colon of its names.
        made: When it was built.
        used_by: How many containers there are of it, running or not.
    """

    id: str
    tags: frozenset[str]
    made: datetime
    size_bytes: int
    used_by: int = 0

    @property
    def name(self) -> str:
        """How people call it: the first digits of its recipe's digest, else of its id."""
        return min(self.tags - set(ROLES), default=self.id.removeprefix("sha256:")[:12])


@dataclass(frozen=True, slots=True)
class ImageBuilds:
    """
    All builds of one image.

    Attributes:
        image: As an admin types it, such as ``course-cpu``.
        repository: Docker's name without a tag.
        builds: Newest first.
    """

    image: str
    repository: str
    builds: tuple[Build, ...]

    @property
    def current(self) -> Build | None:
        """What a server gets that starts now."""
        return self.tagged(CURRENT)

    @property
    def previous(self) -> Build | None:
        """What servers got before."""
        return self.tagged(PREVIOUS)

    @property
    def held(self) -> Build | None:
        """What was rolled back from."""
        return self.tagged(HELD)

    def tagged(self, tag: str) -> Build | None:
        """The build of this name."""
        return next((build for build in self.builds if tag in build.tags), None)


@dataclass(frozen=True, slots=True)
class TagChange:
    """
    Names that move from build to build.

    Attributes:
        set: Pairs of a tag and a build's id, in the order in which they are to be set.
        drop: Tags that go.
    """

    repository: str
    set: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether all is as it should be."""
        return not self.set and not self.drop


def plan_promotion(have: ImageBuilds, build: str) -> TagChange:
    """Give students the build with the id *build*, and remember what they had."""
    drop = (HELD,) if have.held else ()
    if have.current is None:
        return TagChange(have.repository, ((CURRENT, build),), drop)
    if have.current.id == build:
        return TagChange(have.repository, drop=drop)
    return TagChange(have.repository, ((PREVIOUS, have.current.id), (CURRENT, build)), drop)


@dataclass(frozen=True, slots=True)
class Rollback:
    """
    A way back, or forward again.

    Attributes:
        had: What students get before it.
        now: What they get after it.
    """

    change: TagChange
    had: Build
    now: Build


def plan_rollback(have: ImageBuilds, to: str = "") -> Rollback:
    """
    Put an earlier build back: the previous one, or the one called *to*.

    What students had becomes the previous build and is held, so that the next build of the same
    recipe does not put it forward again. The other way round it is taken up again.

    Raises:
        ImageMissing: If there is no such build.
    """
    target = have.tagged(to) if to else have.previous
    current = have.current
    if target is None or current is None or target is current:
        raise _no_way_back(have, to)
    moves = [(CURRENT, target.id), (PREVIOUS, current.id)]
    drop = (HELD,) if target is have.held else ()
    if not drop:
        moves.append((HELD, current.id))
    return Rollback(TagChange(have.repository, tuple(moves), drop), current, target)


def _no_way_back(have: ImageBuilds, to: str) -> ImageMissing:
    others = [build.name for build in have.builds if build is not have.current]
    remedy = f"There is: {', '.join(others)}." if others else "See what there is: crepre image list"
    if to:
        return ImageMissing(f"{have.image} has no other build {to!r} here.", remedy=remedy)
    return ImageMissing(f"{have.image} has no previous build on this machine.", remedy=remedy)


@dataclass(frozen=True, slots=True)
class Removal:
    """
    A build that goes.

    Attributes:
        names: All its names of ours; its id if it has none.
    """

    image: str
    build: Build
    names: tuple[str, ...]


def plan_prune(images: Iterable[ImageBuilds], abandoned: Sequence[str] = ()) -> tuple[Removal, ...]:
    """
    The builds that nobody uses.

    The current and the previous build of an image stay, and whatever a container is made of.

    Args:
        images: All there are.
        abandoned: Repositories that no course names any more; of these nothing is kept.
    """
    return tuple(
        Removal(each.image, build, names_of(each, build))
        for each in images
        for build in each.builds
        if not build.used_by and (each.repository in abandoned or not build.tags & set(ROLES))
    )


def names_of(image: ImageBuilds, build: Build) -> tuple[str, ...]:
    """What Docker calls *build*; its id where it has no name."""
    return tuple(f"{image.repository}:{tag}" for tag in sorted(build.tags)) or (build.id,)
