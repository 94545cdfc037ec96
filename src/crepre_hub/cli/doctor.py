"""``crepre doctor``: what is wrong with the lab, and what to type next."""

from __future__ import annotations

import typer

from crepre_hub.cli.findings import print_findings, worst_exit
from crepre_hub.cli.terminal import AsJson, lab_root
from crepre_hub.doctor.run import examine


def doctor(as_json: AsJson = False) -> None:
    """Look at everything that students need, and say what to do; repairs nothing."""
    findings = list(examine(lab_root()))
    print_findings(findings, as_json)
    raise typer.Exit(worst_exit(findings))
