"""Why a known vulnerability stays for now: ``reasons.toml``, and what follows from it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from packaging.utils import canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from audit.locks import Pin

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class ReasonsError(Exception):
    """``reasons.toml`` cannot be used; a line for each mistake."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A known vulnerability in something that a lock names.

    Attributes:
        id: As the source of advisories calls it.
        aliases: Its other names: CVE, GHSA.
        fixed: Versions without it, oldest first; empty where there is none.
        locks: The files that name this version.
    """

    pin: Pin
    id: str
    aliases: frozenset[str]
    fixed: tuple[str, ...]
    locks: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """All that it is called."""
        return self.aliases | {self.id}


class Reason(BaseModel):
    """
    Why one finding in one package stays.

    Attributes:
        id: Any of the finding's names.
        review: From the day after this one on the reason does not count any more.
    """

    model_config = _STRICT

    id: Annotated[str, Field(min_length=1)]
    package: Annotated[str, Field(min_length=1), AfterValidator(canonicalize_name)]
    reason: Annotated[str, Field(min_length=20)]
    review: date

    def is_about(self, finding: Finding) -> bool:
        """Whether *finding* is the one that is meant."""
        return self.package == finding.pin.name and self.id in finding.names


class _File(BaseModel):
    model_config = _STRICT

    stays: list[Reason] = []


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What is to be said about the findings.

    Attributes:
        open: Findings without a reason that counts today.
        explained: Findings that stay, each with its reason.
        overdue: Reasons whose review was to be before today.
        idle: Reasons that are about none of the findings.
    """

    open: tuple[Finding, ...]
    explained: tuple[tuple[Finding, Reason], ...]
    overdue: tuple[Reason, ...]
    idle: tuple[Reason, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.open or self.overdue or self.idle)


def read_reasons(text: str) -> tuple[Reason, ...]:
    """
    The reasons in *text*, which is TOML.

    Raises:
        ReasonsError: If something in it is unknown, missing, too short, or there twice.
    """
    try:
        found = _File.model_validate(tomllib.loads(text)).stays
    except tomllib.TOMLDecodeError as error:
        raise ReasonsError(f"is not TOML: {error}") from None
    except ValidationError as error:
        lines = (f"{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ReasonsError("\n".join(lines)) from None
    seen = [(reason.package, reason.id) for reason in found]
    if twice := sorted({key for key in seen if seen.count(key) > 1}):
        raise ReasonsError(f"there twice: {', '.join(' '.join(key) for key in twice)}")
    return tuple(found)


def judge(findings: Iterable[Finding], reasons: Sequence[Reason], *, today: date) -> Judgement:
    """What *findings* mean beside *reasons*; a reason that is overdue explains nothing."""
    everything = tuple(findings)
    current = [reason for reason in reasons if reason.review >= today]
    explained = tuple(
        (finding, reason)
        for finding in everything
        for reason in current
        if reason.is_about(finding)
    )
    closed = {(finding.pin, finding.id) for finding, _ in explained}
    return Judgement(
        open=tuple(each for each in everything if (each.pin, each.id) not in closed),
        explained=explained,
        overdue=tuple(reason for reason in reasons if reason.review < today),
        idle=tuple(reason for reason in reasons if not any(map(reason.is_about, everything))),
    )
