"""A course, as its file describes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from crepre_hub.courses.content import Content
from crepre_hub.courses.days import Day
from crepre_hub.courses.gpus import CourseGpus
from crepre_hub.courses.keys import Key, KeyKind, listed_key
from crepre_hub.courses.roles import Role, most_rights
from crepre_hub.courses.rules import Rule
from crepre_hub.courses.switch import Switch
from crepre_hub.forms import in_form
from crepre_hub.profiles.profile import Profile
from crepre_hub.units import Duration

PersonKey = Annotated[str, Field(min_length=1, max_length=255)]
Id = Annotated[
    str,
    in_form("[a-z][a-z0-9-]{0,39}", "small letters, digits and '-', first a letter, 40 at most"),
]


class Course(BaseModel):
    """
    What is taught, who is in it, and what it offers.

    Attributes:
        id: Short name, unique in the lab; the file's name unless it says otherwise.
        open: Whether anyone with an account may use it as a student.
        opens: Students may start servers from this day on; None for at once.
        closes: The last such day; None for no end.
        members_by: What the lists and the rosters hold.
        issuer: Who gave the ids, for ``members_by = "id"``.
        rules: Who is in by what the login says.
        keep_homes: How long the home of somebody who left is kept.
        profiles: By id, in the order in which they are offered.
        default_profile: Preselected for a person who has chosen none yet.
        content: Files that come to each home.
        gpus: How much of the lab's GPUs it may use, and when they are kept for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Id
    title: Annotated[str, Field(min_length=1, max_length=120)]
    open: bool = False
    opens: Day | None = None
    closes: Day | None = None
    members_by: Literal["name", "email", "id"] = "name"
    issuer: str = ""
    teachers: frozenset[PersonKey] = frozenset()
    assistants: frozenset[PersonKey] = frozenset()
    students: frozenset[PersonKey] = frozenset()
    rules: tuple[Rule, ...] = ()
    keep_homes: Duration = timedelta(days=90)
    profiles: Annotated[dict[Id, Profile], Field(min_length=1)]
    default_profile: str = ""
    content: Content | None = None
    gpus: CourseGpus = CourseGpus()
    _switch: Switch | None = PrivateAttr(default=None)  # no file can say it

    @field_validator("teachers", "assistants", "students")
    @classmethod
    def _in_one_form(cls, people: frozenset[str], info: ValidationInfo) -> frozenset[str]:
        kind = KeyKind(info.data.get("members_by", "name"))
        return frozenset(
            person.strip() if kind is KeyKind.ID else listed_key(kind, person).text
            for person in people
        )

    @model_validator(mode="after")
    def _one_role_for_one_person(self) -> Self:
        lists = (self.teachers, self.assistants, self.students)
        everyone = [person for people in lists for person in people]
        twice = sorted({person for person in everyone if everyone.count(person) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: in more than one role; keep one of them")
        return self

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.opens and self.closes and self.closes < self.opens:
            raise ValueError(f"closes on {self.closes}, before it opens on {self.opens}")
        return self

    @model_validator(mode="after")
    def _ids_have_an_issuer(self) -> Self:
        if self.members_by == "id" and not self.issuer:
            raise ValueError('members_by = "id" needs the issuer of those ids')
        return self

    @property
    def switch(self) -> Switch | None:
        """What an admin typed over the dates of this file, while it counts."""
        return self._switch

    @property
    def by_dates(self) -> Self:
        """The course as its file alone says it."""
        plain = self.model_copy()
        plain._switch = None  # noqa: SLF001
        return plain

    def with_switch(self, switch: Switch | None) -> Self:
        """The course as it is with *switch* typed over its dates, if that counts over them."""
        if switch is None or not switch.counts(opens=self.opens, closes=self.closes):
            return self
        switched = self.model_copy()
        switched._switch = switch  # noqa: SLF001  (its own kind; no field, so that no file sets it)
        return switched

    def key_of(self, written: str) -> Key:
        """The key of somebody as a list of this course writes them; ValueError if it is none."""
        return listed_key(KeyKind(self.members_by), written, issuer=self.issuer)

    def roles(self) -> Iterator[tuple[Role, frozenset[str]]]:
        """Each role with the people of this file, most rights first."""
        yield Role.TEACHER, self.teachers
        yield Role.ASSISTANT, self.assistants
        yield Role.STUDENT, self.students

    @cached_property
    def listed(self) -> Mapping[Key, Role]:
        """Everybody whom this file names."""
        return {self.key_of(person): role for role, people in self.roles() for person in people}

    def listed_role(self, keys: Collection[Key]) -> Role | None:
        """What this file says of whoever has *keys*; None where it does not name them."""
        return most_rights(self.listed[key] for key in keys if key in self.listed)
