"""Files that a course brings to each home from a git repository."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_BRANCH = re.compile(r"\w[\w./+-]*")
"""Less than git takes: none of its names that could be an option or another kind of name."""

_PART = re.compile(r"\w[\w .+-]*")
"""A part of a path: hidden files, options and ``..`` do not begin like this."""


def _public_repository(text: str) -> str:
    """*text* without a slash at its end; git's ``ext::`` and the like run programs."""
    if not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} has a blank or an invisible character in it")
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(
            f"{text!r} is not the address of a public git repository;"
            " write it like 'https://github.com/ada/course'"
        )
    if parts.username is not None or parts.password is not None:
        raise ValueError("has a name or a password in it, which every student could read")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} goes on after the repository; end it before the ? or #")
    return text.rstrip("/")


def _branch(text: str) -> str:
    """Source: git-check-ref-format(1)."""
    wrong = ("..", "//", "/.", ".lock/")
    if not _BRANCH.fullmatch(text) or any(each in f"{text}/" for each in wrong) or text[-1] in "./":
        raise ValueError(f"{text!r} is not the name of a branch, like 'main'")
    return text


def _path_below(text: str) -> str:
    if not text or all(_PART.fullmatch(part) for part in text.split("/")):
        return text
    raise ValueError(
        f"{text!r} is not a path below the home, like 'course' or 'music/course';"
        " no part of it may begin with a dot or a hyphen"
    )


class Content(BaseModel):
    """
    A repository whose files are in the home of everybody who starts a server of the course.

    Attributes:
        repository: Public, by http or https.
        folder: Below the home; the repository's own name unless it is said.
        open: A file below the folder, opened for each person once; empty for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    repository: Annotated[str, Field(max_length=500), AfterValidator(_public_repository)]
    branch: Annotated[str, Field(max_length=200), AfterValidator(_branch)] = "main"
    folder: Annotated[str, Field(max_length=200), AfterValidator(_path_below)] = ""
    open: Annotated[str, Field(max_length=200), AfterValidator(_path_below)] = ""

    @model_validator(mode="after")
    def _the_folder_has_a_name(self) -> Self:
        if not _PART.fullmatch(self.place.rpartition("/")[2]):
            raise ValueError("folder: cannot be told from the repository's name; set it")
        return self

    @property
    def place(self) -> str:
        """The folder in the home."""
        return self.folder or urlsplit(self.repository).path.rpartition("/")[2].removesuffix(".git")
