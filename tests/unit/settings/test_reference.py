"""The annotated files are the manual, the first lab, and held against the models."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from crepre_hub.courses.content import Content
from crepre_hub.courses.course import Course
from crepre_hub.courses.gpus import CourseGpus, KeptGpus
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.gpus import GpuCard
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import read_course, read_lab, read_settings
from crepre_hub.settings.samples import TOPICS, ensure_samples, reference_text

COURSE_KEYS_IN_COMMENTS = {"id", "opens", "closes"}
"""The reference cannot set the id and have it from its name; dates would be over one day."""

CONTENT_IN_COMMENTS = "# [content]"
"""Where the section begins that the first course does without: it has no repository of its own."""

GPUS_IN_COMMENTS = "# [profiles.gpu]"
"""The same of what a machine without a GPU has no use for."""


def keys_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every setting of *model*, sections with their own."""
    for name, field in model.model_fields.items():
        yield f"{before}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, f"{before}{name}/")


def keys_in(table: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Every key of a TOML document."""
    for name, value in table.items():
        yield f"{before}{name}"
        if isinstance(value, dict):
            yield from keys_in(value, f"{before}{name}/")


def uncommented(text: str) -> str:
    """*text* as it is once an admin has taken one ``#`` from each line; prose keeps its own."""
    code = r"^# (#|\[|\w+ = |\w+\.\w+ = )"
    return re.sub(code, r"\1", text, flags=re.MULTILINE)


def test_the_lab_reference_has_every_setting_and_no_other() -> None:
    """A setting that is added, renamed or removed changes the manual."""
    document = tomllib.loads(reference_text("settings"))
    assert set(keys_in(document)) == set(keys_of(Lab))


def test_each_value_in_the_lab_reference_is_the_default(tmp_path: Path) -> None:
    """What is left out keeps the value that the manual shows."""
    (tmp_path / "lab.toml").write_text(reference_text("settings"))
    assert read_lab(tmp_path / "lab.toml") == Lab()


def test_the_course_reference_has_every_setting_and_no_other() -> None:
    """Both the course's own settings and those of a profile."""
    text, _, content = reference_text("course").partition(CONTENT_IN_COMMENTS)
    text, _, gpus = text.partition(GPUS_IN_COMMENTS)
    document = tomllib.loads(text + uncommented(GPUS_IN_COMMENTS + gpus))
    profiles = document.pop("profiles")
    commented = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    keys = set(re.findall(r"^# (\w+) = ", content, re.MULTILINE))
    lessons = document["gpus"].pop("reservations")
    assert set(document["gpus"]) | {"reservations"} == set(CourseGpus.model_fields)
    assert set().union(*lessons) == set(KeptGpus.model_fields)
    assert set(document) | {"profiles", "content"} | commented == set(Course.model_fields)
    assert commented == COURSE_KEYS_IN_COMMENTS
    assert keys == set(Content.model_fields)
    assert set().union(*profiles.values()) == set(Profile.model_fields)


def test_every_key_of_a_card_is_in_the_lab_reference(tmp_path: Path) -> None:
    """The cards that the comment shows can be used as they stand, and have all keys there are."""
    text = reference_text("settings").replace("…", "")
    shown = re.findall(r"\{uuid = [^}]*\}", text)
    assert set().union(*(tomllib.loads(f"c = {card}")["c"] for card in shown)) == set(
        GpuCard.model_fields
    )
    listed = text.replace('found_by = "nvml"', 'found_by = "list"')
    (tmp_path / "lab.toml").write_text(listed.replace("\ncards = []", f"\ncards = [{shown[-1]}]"))
    (gpu,) = read_lab(tmp_path / "lab.toml").gpus.listed()
    assert (gpu.uuid, gpu.name, gpu.memory, gpu.tier) == (
        "GPU-5f", "RTX 4090", 24 * 1024**3, "exclusive",
    )  # fmt: skip


def test_a_section_in_comments_counts_once_they_are_taken_away(tmp_path: Path) -> None:
    """What the reference shows of GPUs and of ``[content]`` can be used as it stands."""
    text, mark, rest = reference_text("course").partition(GPUS_IN_COMMENTS)
    (tmp_path / "music.toml").write_text(text + uncommented(mark + rest))
    course = read_course(tmp_path / "music.toml", images=["course-cpu", "course-gpu"])
    assert course.content is not None
    assert course.content.place == "creative-prediction"
    assert course.profiles["gpu"].summary == "2 CPUs, 8 GiB, 6 GiB of a GPU"


@pytest.mark.parametrize("topic", TOPICS)
def test_each_setting_in_a_reference_is_explained(topic: str) -> None:
    """A comment stands above each key, above the group that it begins, or names it: ``# key: ``."""
    explained: set[str] = set()
    covered = False
    for line in reference_text(topic).splitlines():
        key = re.match(r"(\w+) = ", line)
        named = re.match(r"# (\w+): ", line)
        if named:
            explained.add(named[1])
        if line.startswith("#"):
            covered = True
        elif not line or line.startswith("["):
            covered = False
        elif key and (covered or key[1] in explained):
            explained.add(key[1])
        elif key:
            pytest.fail(f"{key[1]} is not explained")


def test_a_first_lab_can_be_read(tmp_path: Path) -> None:
    """What ``crepre init`` writes has no mistakes."""
    made = ensure_samples(tmp_path)
    settings = read_settings(tmp_path, images=["course-cpu"])
    assert made == [tmp_path / "lab.toml", tmp_path / "courses" / "first-course.toml"]
    assert [course.id for course in settings.courses] == ["first-course"]


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """A second ``crepre init`` overwrites nothing."""
    ensure_samples(tmp_path)
    (tmp_path / "lab.toml").write_text("# mine")
    assert ensure_samples(tmp_path) == []
    assert (tmp_path / "lab.toml").read_text() == "# mine"
