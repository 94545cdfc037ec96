"""The place that runs the lab's servers, for commands that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crepre_hub.cli.terminal import lab_root
from crepre_hub.settings.last_good import settings_or_last_good

if TYPE_CHECKING:
    from crepre_hub.backends.backend import Backend


def lab_backend() -> Backend:
    """Of the lab that runs, else the one that it would start with."""
    # Imported here: JupyterHub and Docker's client take longer than most commands.
    from crepre_hub.backends.backend import backend_named  # noqa: PLC0415
    from crepre_hub.doctor.lab_checks import backend_to_examine  # noqa: PLC0415
    from crepre_hub.ops.processes import is_up  # noqa: PLC0415

    settings = settings_or_last_good(lab_root())
    name = backend_to_examine(settings, is_running=is_up(settings.state))
    return backend_named(name, settings)
