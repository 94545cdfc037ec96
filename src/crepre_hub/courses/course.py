"""A course, as its file describes it."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crepre_hub.courses.content import Content
from crepre_hub.profiles.profile import Profile

ID_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"


class Role(enum.StrEnum):
    """What somebody is in a course, most rights first."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    STUDENT = "student"


def normal_name(name: str) -> str:
    """A user name as the login knows it: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().lower()


PersonName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(normal_name)]
Id = Annotated[str, Field(pattern=ID_PATTERN)]


class Course(BaseModel):
    """
    What is taught, who is in it, and what it offers.

    Attributes:
        id: Short name, unique in the lab; the file's name unless it says otherwise.
        open: Whether anyone with an account may use it as a student.
        profiles: By id, in the order in which they are offered.
        default_profile: Preselected for a person who has chosen none yet.
        content: Files that come to each home.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Id
    title: Annotated[str, Field(min_length=1, max_length=120)]
    open: bool = False
    teachers: frozenset[PersonName] = frozenset()
    assistants: frozenset[PersonName] = frozenset()
    students: frozenset[PersonName] = frozenset()
    profiles: Annotated[dict[Id, Profile], Field(min_length=1)]
    default_profile: str = ""
    content: Content | None = None

    @model_validator(mode="after")
    def _one_role_for_one_person(self) -> Self:
        lists = (self.teachers, self.assistants, self.students)
        everyone = [person for people in lists for person in people]
        twice = sorted({person for person in everyone if everyone.count(person) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: in more than one role; keep one of them")
        return self

    def roles(self) -> Iterator[tuple[Role, frozenset[str]]]:
        """Each role with its people, most rights first."""
        yield Role.TEACHER, self.teachers
        yield Role.ASSISTANT, self.assistants
        yield Role.STUDENT, self.students

    def role_of(self, person: str) -> Role | None:
        """What *person* is here; in an open course everybody is at least a student."""
        listed = (role for role, people in self.roles() if person in people)
        return next(listed, Role.STUDENT if self.open else None)
