"""``crepre doctor``: what is wrong with the lab, and what to type next."""

from __future__ import annotations

import typer
from rich.status import Status

from crepre_hub.cli.findings import print_report, worst_exit
from crepre_hub.cli.terminal import AsJson, err, lab_root, told
from crepre_hub.doctor.run import Examined, examine
from crepre_hub.ops.project import ensure_ours
from crepre_hub.settings.database import database_urls


def doctor(as_json: AsJson = False) -> None:
    """Look at everything that students need, and say what to do; repairs nothing."""
    # Imported here: JupyterHub and Docker's client take longer than most commands.
    from crepre_hub.doctor.lab_checks import lab_checks  # noqa: PLC0415

    with told(), Status("Looking", console=err) as status:
        ensure_ours(lab_root())
        report: list[Examined] = []
        for examined in examine(lab_checks(lab_root(), database_urls)):
            status.update(f"Looked at: {examined.name}")
            report.append(examined)
    print_report(report, as_json)
    raise typer.Exit(worst_exit([finding for each in report for finding in each.findings]))
