"""What the commands about GPUs share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer

from crepre_hub.cli.courses import lab_desks
from crepre_hub.cli.lab_backend import lab_backend
from crepre_hub.cli.terminal import REFUSED, err, lab_root, out
from crepre_hub.decisions import Answer, Refused
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.errors import BackendError
from crepre_hub.probes.gpu_use import held_outside, with_servers
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.gpu_trial import TrialBookStore


@contextmanager
def lending_desk(*, dry_run: bool = False) -> Iterator[LendingDesk]:
    """The GPU desk, on the files and the database that the running lab uses as well."""
    with lab_desks() as lab:
        yield desk_of(lab, dry_run=dry_run)


def desk_of(lab: CourseDesks, *, dry_run: bool = False) -> LendingDesk:
    """The same, beside the desks of courses; on a *dry_run* nothing that it does is kept."""
    # Imported here: what knows all sides takes longer than most commands.
    from crepre_hub.wiring import park_of  # noqa: PLC0415

    park = park_of(settings_or_last_good(lab_root()))
    store = TrialBookStore if dry_run else GpuBookStore
    desk = LendingDesk(store(lab.stores.engine), park, is_hub=False)
    if not desk.book().gpus:
        desk.look()  # no hub has run here yet
    return desk


def measured(desk: LendingDesk) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Bytes that all programs take on each GPU, and those from outside the lab, as far as known."""
    sample = desk.sample()
    used = {each.gpu: each.used_bytes for each in sample.loads}
    if not sample.processes:
        return used, {}
    backend = lab_backend()
    try:
        servers = {found.id for found in backend.found()}
    except BackendError as error:
        err.print(f"What programs from outside the lab take is not known: {error.message}")
        return used, {}
    return used, held_outside(with_servers(sample, backend.server_of), servers)


def or_refused(answer: Answer) -> None:
    """End the command where the rules said no."""
    if isinstance(answer, Refused):
        err.print(answer.message, style="red", markup=False)
        if answer.remedy:
            err.print(answer.remedy, markup=False)
        raise typer.Exit(REFUSED)


def tell_dry(dry_run: bool) -> None:
    """Say that nothing happened, if nothing did."""
    if dry_run:
        out.print("Nothing was changed (--dry-run).")
