"""Findings on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from crepre_hub.cli.terminal import DONE, REFUSED, out, print_json
from crepre_hub.doctor.run import Examined
from crepre_hub.findings import Finding, Level

_MARKS: dict[Level, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "skipped": ("-", "dim"),
    "warning": ("!", "yellow"),
    "error": ("✗", "red"),
}


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """A line for each, with its remedy below where there is one."""
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    for finding in findings:
        _print_line(finding, "", 0)


def print_report(report: Sequence[Examined], as_json: bool) -> None:
    """Findings with the names of their checks, gravest last, then the sum in one line."""
    if as_json:
        print_json([_row(each, finding) for each in report for finding in each.findings])
        return
    width = max((len(each.name) for each in report), default=0) + 2
    _print_skipped(report)
    for level in ("ok", "warning", "error"):
        for each in report:
            for finding in (found for found in each.findings if found.level == level):
                _print_line(finding, each.name, width)
    out.print(f"\n{summary(report)}", markup=False)


def _row(each: Examined, finding: Finding) -> dict[str, object]:
    return {"check": each.name, "title": each.title, **asdict(finding)}


def _print_skipped(report: Sequence[Examined]) -> None:
    """A line for each reason, with the checks that it kept from running."""
    names: dict[str, list[str]] = {}
    for each in report:
        for finding in each.findings:
            if finding.level == "skipped":
                names.setdefault(finding.text, []).append(each.name)
    for text, skipped in names.items():
        out.print(f"- {', '.join(skipped)}: {text}", style="dim", markup=False)


def _print_line(finding: Finding, name: str, width: int) -> None:
    mark, style = _MARKS[finding.level]
    line = Text(f"{mark} ", style=style).append(name.ljust(width), style=style)
    out.print(line.append(finding.text))
    if finding.remedy:
        out.print(f"{' ' * (width + 2)}{finding.remedy}", style="bold", markup=False)


def summary(report: Sequence[Examined]) -> str:
    """The sum of *report*, such as ``21 checks: 2 errors, 1 warning, 3 skipped``."""
    levels = [finding.level for each in report for finding in each.findings]
    errors, warnings = levels.count("error"), levels.count("warning")
    parts = [
        f"{errors} error{'s' * (errors != 1)}",
        f"{warnings} warning{'s' * (warnings != 1)}",
        *([f"{levels.count('skipped')} skipped"] if "skipped" in levels else []),
    ]
    how = "all is well" if set(levels) <= {"ok"} else ", ".join(parts)
    return f"{len(report)} checks: {how}."


def worst_exit(findings: Sequence[Finding]) -> int:
    """1 where something keeps students from working, else 0."""
    return REFUSED if any(finding.level == "error" for finding in findings) else DONE
