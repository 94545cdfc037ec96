"""``lab.toml`` as it was when the lab last started well, for a hub that restarts by itself."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from crepre_hub.settings.reader import LAB_FILE, Settings, SettingsProblems, read_lab

log = logging.getLogger("crepre.settings")


def keep_lab(root: Path) -> None:
    """Remember the present ``lab.toml`` as good."""
    kept = root / "var" / "last-good" / LAB_FILE
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / LAB_FILE, kept)


def settings_or_last_good(root: Path) -> Settings:
    """
    The lab's own settings; courses are read by ``LiveCourses``.

    Raises:
        SettingsProblems: If the file is broken and there was no good one before.
    """
    try:
        return Settings(root, read_lab(root / LAB_FILE), ())
    except SettingsProblems as error:
        try:
            lab = read_lab(root / "var" / "last-good" / LAB_FILE)
        except SettingsProblems:
            raise error from None
        log.error("%s (the last good version goes on)", error)
        return Settings(root, lab, ())
