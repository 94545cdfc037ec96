"""
Look the locks up among known vulnerabilities: ``python -m audit``.

Exit 0 if nothing is left to do, 1 if something is; where no source of advisories answers
truthfully 0 with a line that says so, or 1 with ``--strict``; 2 if a file cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audit.locks import LockError, Pin, lock_files, pins_in
from audit.reasons import Finding, Judgement, ReasonsError, judge, read_reasons
from audit.source import OSV, Answer, Ask, NoSource, believable, look_up, pip_audit

ROOT = Path(__file__).parents[1]
REASONS = "audit/reasons.toml"
LEFT, MISUSE = 1, 2

console = Console(highlight=False, soft_wrap=True)


def main(
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where nobody answers.")] = False,
    osv_url: Annotated[str, typer.Option(help="Ask this place, which speaks OSV's API.")] = "",
) -> None:
    """Ask, print, and say whether something is left to do."""
    try:
        locks = {
            file.relative_to(ROOT).as_posix(): pins_in(file.read_text())
            for file in lock_files(ROOT)
        }
        reasons = read_reasons((ROOT / REASONS).read_text())
    except (LockError, ReasonsError) as error:
        _say(f"{REASONS if isinstance(error, ReasonsError) else 'A lock'}: {error}")
        raise typer.Exit(MISUSE) from None
    try:
        place, ask = first_believable(_sources(osv_url))
        answer = look_up(frozenset().union(*locks.values()), ask)
    except NoSource as error:
        _say(f"advisories not looked at: {error}")
        raise typer.Exit(LEFT if strict else 0) from None
    judgement = judge(located(answer, locks), reasons, today=datetime.now(UTC).date())
    for line in report(judgement, answer.unknown):
        _say(line)
    count = len(frozenset().union(*locks.values()))
    _say(f"{count} versions in {len(locks)} locks were looked up at {place}.")
    raise typer.Exit(0 if judgement.is_good and not answer.unknown else LEFT)


def _sources(osv_url: str) -> Mapping[str, Ask]:
    """Whom to ask, best first; the one that was named, if one was, and then nobody else."""
    if osv_url:
        return {osv_url: pip_audit(["-s", "osv", "--osv-url", osv_url])}
    return {OSV: pip_audit(["-s", "osv"]), "pypi.org": pip_audit(["-s", "pypi"])}


def first_believable(sources: Mapping[str, Ask]) -> tuple[str, Ask]:
    """
    The first of *sources* that knows what everybody knows.

    Raises:
        NoSource: If none does, with the reason of each.
    """
    why = []
    for place, ask in sources.items():
        try:
            believable(ask)
        except NoSource as error:
            why.append(f"{place}: {error}")
        else:
            return place, ask
    raise NoSource("; ".join(why))


def located(answer: Answer, locks: Mapping[str, frozenset[Pin]]) -> list[Finding]:
    """The findings of *answer*, each with the *locks* that it is in."""
    return [
        replace(each, locks=tuple(name for name, pins in locks.items() if each.pin in pins))
        for each in answer.findings
    ]


def report(judgement: Judgement, unknown: Sequence[str]) -> list[str]:
    """A line for everything that somebody has to know, what is left to do first."""
    return [
        *(_open(finding) for finding in judgement.open),
        *(
            f"{each.package}: the reason for {each.id} was to be looked at again by {each.review}"
            for each in judgement.overdue
        ),
        *(
            f"{each.package}: {each.id} is no finding any more; remove it from {REASONS}"
            for each in judgement.idle
        ),
        *(f"not looked up: {text}" for text in unknown),
        *(
            f"{finding.pin}: {finding.id} stays until {reason.review}: {reason.reason}"
            for finding, reason in judgement.explained
        ),
    ]


def _open(finding: Finding) -> str:
    also = ", ".join(sorted(finding.aliases))
    remedy = (
        f"fixed in {', '.join(finding.fixed)}: renew the lock"
        if finding.fixed
        else f"there is no version without it: see whether it matters here, and write to {REASONS}"
    )
    return f"{finding.pin} in {', '.join(finding.locks)}: {finding.id} ({also}); {remedy}"


def _say(text: str) -> None:
    console.print(text, markup=False)


if __name__ == "__main__":
    typer.run(main)
