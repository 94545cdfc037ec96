"""The annotated files that are manual, first ``lab.toml`` and test at once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from crepre_hub.settings.reader import COURSE_FOLDER, LAB_FILE

TOPICS = {"settings": "reference.toml", "course": "course-reference.toml"}


def reference_text(topic: str) -> str:
    """Every key of the file that *topic* names, commented."""
    return (files("crepre_hub.settings") / TOPICS[topic]).read_text(encoding="utf-8")


def ensure_samples(root: Path) -> list[Path]:
    """
    A first ``lab.toml`` and course below *root*, where there is none.

    Returns:
        The files that were made.
    """
    wanted = {root / LAB_FILE: reference_text("settings")}
    if not any((root / COURSE_FOLDER).glob("*.toml")):
        wanted[root / COURSE_FOLDER / "first-course.toml"] = reference_text("course")
    made = [path for path in wanted if not path.exists()]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return made
