"""Run checks one after another; none of them can stop or delay the others for long."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crepre_hub.errors import CrepreError
from crepre_hub.findings import Check, Finding

LIMIT_SECONDS = 15.0
"""A check that has not ended by then is given up."""


@dataclass(frozen=True, slots=True)
class Examined:
    """
    What one check found.

    Attributes:
        name: The check's, such as ``docker``.
        title: What is true when all is well.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def has_failed(self) -> bool:
        """Whether checks that need this one make no sense."""
        return any(finding.level in ("error", "skipped") for finding in self.findings)


def examine(checks: Sequence[Check], *, limit_seconds: float = LIMIT_SECONDS) -> Iterator[Examined]:
    """
    What each of *checks* finds, in their order; always an answer, never an exception.

    A check that needs one that failed is not run and yields one ``skipped`` finding.
    """
    causes: dict[str, tuple[str, ...]] = {}  # of each that failed: what failed first
    for check in checks:
        first = dict.fromkeys(name for need in check.needs for name in causes.get(need, ()))
        findings = (_skipped(tuple(first)),) if first else _findings_in_time(check, limit_seconds)
        examined = Examined(check.name, check.title, findings)
        if examined.has_failed:
            causes[check.name] = tuple(first) or (check.name,)
        yield examined


def _skipped(first: Sequence[str]) -> Finding:
    return Finding("skipped", f"Not looked at, since this comes first: {', '.join(first)}.")


def _findings_in_time(check: Check, limit_seconds: float) -> tuple[Finding, ...]:
    """What *check* finds, or that it took too long; its thread is then left behind."""
    found: list[tuple[Finding, ...]] = []
    thread = threading.Thread(
        target=lambda: found.append(_findings_of(check)), name=f"check-{check.name}", daemon=True
    )
    thread.start()
    thread.join(limit_seconds)
    if found:
        return found[0]
    text = f"There was no answer within {limit_seconds:g} s."
    return (Finding("error", text, remedy="See what the machine is busy with: uptime"),)


def _findings_of(check: Check) -> tuple[Finding, ...]:
    try:
        return tuple(check.run()) or (Finding("error", "The check found nothing to say."),)
    except CrepreError as error:
        return (Finding("error", error.message, remedy=error.remedy),)
    except Exception as error:  # noqa: BLE001  (a check that breaks is a finding of its own)
        text = f"The check itself failed: {type(error).__name__}: {error}"
        return (Finding("error", text, remedy="Report it with this: crepre doctor --json"),)
