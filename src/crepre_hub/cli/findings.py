"""Findings on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from crepre_hub.cli.terminal import DONE, REFUSED, out, print_json
from crepre_hub.findings import Finding

_MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "error": ("✗", "red"),
    "skipped": ("-", "dim"),
}


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """A line for each, with its remedy below where there is one."""
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    for finding in findings:
        mark, style = _MARKS[finding.level]
        out.print(f"{mark} {finding.text}", style=style, markup=False)
        if finding.remedy:
            out.print(f"    {finding.remedy}", markup=False)


def worst_exit(findings: Sequence[Finding]) -> int:
    """1 where something keeps students from working, else 0."""
    return REFUSED if any(finding.level == "error" for finding in findings) else DONE
