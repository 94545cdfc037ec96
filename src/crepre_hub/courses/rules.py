"""Who is in a course by what the login says: groups, affiliations, teams, an LTI context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crepre_hub.courses.identity import Identity
from crepre_hub.courses.roles import Role, most_rights

Words = Annotated[str, Field(min_length=1, max_length=255)]

LTI_ROLES: Mapping[str, Role] = {
    "instructor": Role.TEACHER,
    "teachingassistant": Role.ASSISTANT,
    "learner": Role.STUDENT,
}
"""Roles of LTI 1.3 in a context; what is not here is none. Source: 1EdTech LTI core, A.2.3."""


class Rule(BaseModel):
    """
    One way into a course.

    Attributes:
        claim: A whole claim, such as ``group:fc:fs:emne:uio.no:MUS2830:1``.
        lti_context: The id of a course in the learning platform; roles are the platform's.
        issuer: Only logins by this provider; empty for every provider of the lab.
        role: For those with *claim*; in an LTI context the platform says it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    claim: Words | None = None
    lti_context: Words | None = None
    issuer: str = ""
    role: Annotated[Role, Field(strict=False)] = Role.STUDENT
    section: Annotated[str, Field(max_length=80)] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.claim is None) == (self.lti_context is None):
            raise ValueError("a rule has either a claim or an lti_context")
        return self

    def role_for(self, identity: Identity) -> Role | None:
        """What *identity* is by this rule; None if it does not apply."""
        if self.issuer and self.issuer != identity.issuer:
            return None
        if self.claim is not None:
            return self.role if self.claim in identity.claims else None
        if identity.lti is None or identity.lti.context != self.lti_context:
            return None
        return most_rights(LTI_ROLES[role] for role in identity.lti.roles if role in LTI_ROLES)
