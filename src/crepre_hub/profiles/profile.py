"""What a course offers, and what goes to a backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

from crepre_hub.gpu.given import GivenGpu
from crepre_hub.gpu.gpus import WHOLE, Wish
from crepre_hub.sentences import say
from crepre_hub.units import Duration, Memory, format_memory, parse_memory

SHORTEST_LEASE = timedelta(minutes=5)
"""In less, nobody gets to anything: a server starts, and the notices of its end come at once."""


def parse_wish(text: object) -> Wish:
    """
    What ``gpu`` asks for: ``"whole"`` or a share, such as ``"6 GiB"``.

    Raises:
        ValueError: If it is neither.
    """
    if text == "whole":
        return WHOLE
    try:
        memory = parse_memory(text)
    except ValueError as error:
        raise ValueError(f"{error}; or 'whole' for a GPU of one's own") from None
    if not memory:
        raise ValueError(f"{text!r} is no share; leave gpu out for a profile without a GPU")
    return Wish(memory)


class Profile(BaseModel):
    """
    A kind of server, as its course file describes it.

    Attributes:
        image: A folder under ``images/``, or a full image reference with a ``/`` or a ``:``.
        cpus: Processors at most; a part of one is fine.
        memory: Bytes at most.
        gpu: The GPU, or the share of one; None for a profile without.
        lease: How long it is lent at a time; None for as long as the lab says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: Annotated[str, Field(min_length=1, max_length=80)]
    description: Annotated[str, Field(max_length=500)] = ""
    image: Annotated[str, Field(min_length=1, max_length=250)] = "course-cpu"
    cpus: Annotated[float, Field(gt=0, le=1024)] = 1.0
    memory: Annotated[Memory, Field(ge=256 * 1024**2)] = 2 * 1024**3
    gpu: Annotated[Wish | None, PlainValidator(parse_wish)] = None
    lease: Duration | None = None

    @model_validator(mode="after")
    def _lease_of_something(self) -> Self:
        if self.lease is not None and self.gpu is None:
            raise ValueError("lease is for profiles with a GPU; add gpu, or leave lease out")
        if self.lease is not None and self.lease < SHORTEST_LEASE:
            raise ValueError("lease is too short; at least '5 min'")
        return self

    @property
    def summary(self) -> str:
        """Size in a few words, for a card: ``2 CPUs, 4 GiB, 6 GiB of a GPU``."""
        if self.gpu is None:
            return self._size
        return say("%(size)s, %(gpu)s", size=self._size, gpu=self.gpu.said)

    @property
    def _size(self) -> str:
        size = {"cpus": f"{self.cpus:g}", "memory": format_memory(self.memory)}
        if self.cpus == 1:
            return say("1 CPU, %(memory)s", **size)
        return say("%(cpus)s CPUs, %(memory)s", **size)


@dataclass(frozen=True, slots=True)
class Placement:
    """
    One server, described in no backend's words.

    Attributes:
        course: Id of the course that offers it.
        profile: Id of the profile within the course.
        image: As in ``Profile``.
        cpus: Processors at most.
        memory: Bytes at most.
        own_image: The course's own build on top of *image*, where there is one, as a full
            reference; for backends that run images.
        environment: What the server is told of its course.
        gpu: The GPU that was lent to it; None for none at all.
        writes_data: Whether its owner may change the course's data, which all others only read.
    """

    course: str
    profile: str
    image: str
    cpus: float
    memory: int
    own_image: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    gpu: GivenGpu | None = None
    writes_data: bool = False


OwnImages = Mapping[tuple[str, str], str]
"""References of courses' own images, by the id of the course and the image below."""


def on_own_image(placement: Placement, own_images: OwnImages) -> Placement:
    """*placement* on its course's own image, where there is one."""
    own = own_images.get((placement.course, placement.image), "")
    return replace(placement, own_image=own)
