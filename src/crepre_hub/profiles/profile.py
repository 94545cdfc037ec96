"""What a course offers, and what goes to a backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from crepre_hub.sentences import say
from crepre_hub.units import Memory, format_memory


class Profile(BaseModel):
    """
    A kind of server, as its course file describes it.

    Attributes:
        image: A folder under ``images/``, or a full image reference with a ``/`` or a ``:``.
        cpus: Processors at most; a part of one is fine.
        memory: Bytes at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: Annotated[str, Field(min_length=1, max_length=80)]
    description: Annotated[str, Field(max_length=500)] = ""
    image: Annotated[str, Field(min_length=1, max_length=250)] = "course-cpu"
    cpus: Annotated[float, Field(gt=0, le=1024)] = 1.0
    memory: Annotated[Memory, Field(ge=256 * 1024**2)] = 2 * 1024**3

    @property
    def summary(self) -> str:
        """Size in a few words, for a card: ``2 CPUs, 4 GiB``."""
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
    """

    course: str
    profile: str
    image: str
    cpus: float
    memory: int
    own_image: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


OwnImages = Mapping[tuple[str, str], str]
"""References of courses' own images, by the id of the course and the image below."""


def on_own_image(placement: Placement, own_images: OwnImages) -> Placement:
    """*placement* on its course's own image, where there is one."""
    own = own_images.get((placement.course, placement.image), "")
    return replace(placement, own_image=own)
