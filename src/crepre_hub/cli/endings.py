"""What the commands about the end of a term share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from crepre_hub.cli.courses import lab_desks
from crepre_hub.cli.lab_backend import lab_backend
from crepre_hub.cli.terminal import lab_root
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.end_desks import EndDesks
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.reader import Settings


@dataclass(frozen=True, slots=True)
class LabEnd:
    """A lab whose terms end."""

    settings: Settings
    desks: CourseDesks
    ends: EndDesks


@contextmanager
def lab_end() -> Iterator[LabEnd]:
    """The lab's desks, with the homes of the backend that it runs on."""
    # Imported here: what knows all sides takes longer than most commands.
    from crepre_hub.wiring import end_desks  # noqa: PLC0415

    with lab_desks() as desks:
        settings = settings_or_last_good(lab_root())
        yield LabEnd(settings, desks, end_desks(desks, settings, lab_backend()))
