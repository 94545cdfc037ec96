"""The project's own files, and the lab's."""

from __future__ import annotations

from pathlib import Path

from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import Settings


def test_what_the_lab_keeps_is_closed_to_others(tmp_path: Path) -> None:
    """Also where the folder was there before, open to everybody."""
    settings = Settings(tmp_path, Lab(), ())
    settings.state.mkdir(mode=0o755)
    ensure_state_folder(settings)
    assert settings.state.stat().st_mode & 0o777 == 0o700
