"""What this server was told of itself, by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Content:
    """
    A repository whose files come to the home.

    Attributes:
        folder: Below the home, with ``/`` between its parts.
        open: A file below the folder; empty for none.
    """

    repository: str
    branch: str
    folder: str
    open: str = ""

    @property
    def first(self) -> str:
        """The file to open first, below the home; empty for none."""
        return f"{self.folder}/{self.open}" if self.open else ""


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """
    Whose home it is and what for.

    Attributes:
        course: Its title; empty where the lab told nothing.
        profile: Its title.
        size: The profile's CPUs and memory, in words.
        larger: The course's profiles with more memory, in words; empty if there are none.
        gpus: Titles of the course's profiles with a GPU; empty if there are none.
        course_folder: Where the course's data and what it shares are; empty where there is none.
    """

    home: Path
    course: str = ""
    profile: str = ""
    size: str = ""
    larger: str = ""
    gpus: str = ""
    content: Content | None = None
    course_folder: str = ""

    @property
    def state(self) -> Path:
        """Where this package remembers what it did in the home."""
        return self.home / ".local" / "state" / "crepre"


def facts_in(environment: Mapping[str, str] = os.environ) -> SeatFacts:
    """The facts that the lab put into *environment*; a lab that is older tells less."""

    def word(name: str) -> str:
        return environment.get(f"CREPRE_{name}", "")

    content = Content(
        repository=word("CONTENT_REPOSITORY"),
        branch=word("CONTENT_BRANCH"),
        folder=word("CONTENT_FOLDER"),
        open=word("CONTENT_OPEN"),
    )
    return SeatFacts(
        home=Path.home(),
        course=word("COURSE_TITLE"),
        profile=word("PROFILE_TITLE"),
        size=word("PROFILE_SIZE"),
        larger=word("LARGER_PROFILES"),
        gpus=word("GPU_PROFILES"),
        content=content if content.repository else None,
        course_folder=word("COURSE_FOLDER"),
    )
