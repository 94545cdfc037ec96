"""Which images a command is about that names none."""

from __future__ import annotations

from pathlib import Path

from crepre_hub.cli.image_making import _names, verifiable
from crepre_hub.courses.course import Course
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import Settings


def test_a_lab_looks_at_the_images_that_its_courses_name(tmp_path: Path) -> None:
    """One that no course names may be missing; the guard has nothing to verify."""
    small = Profile(title="Small", image="minimal")
    course = Course(id="ml", title="Music", profiles={"small": small})
    names = _names(Settings(tmp_path, Lab(), (course,)), "verify")
    assert names == ["guard", "minimal"]
    assert verifiable(names) == ["minimal"]
